/** Buckets, file systems, keys and log groups that are there already: are they, and can this environment use them? */

import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import type { Aws } from '#aws/clients.ts';
import { isNotFound } from '#aws/errors.ts';
import type { ComputePreflightSpec } from '#domain/compute/specs.ts';
import { codeOf, type Problem } from '#domain/core/failures.ts';
import { findById } from '../efs/file-system.ts';
import { listMountTargets } from '../efs/mount-target.ts';
import { listLustre } from '../fsx/lustre.ts';
import { describeLogGroups } from '../logs/log-group.ts';

/** A bucket is named by the work directory or by `allowBuckets`. */
const BUCKETS = '/config';
const EFS = '/config/forge/efsId';
const LUSTRE = '/config/forge/fsxName';
const LOGS = '/config/logGroup';
const KEYS = '/config/eyrie/kmsKeyId';

/** Batch makes it when the first job prints something. */
const MADE_BY_BATCH = '/aws/batch/job';

export const checkStorage = async (
  aws: Aws,
  spec: ComputePreflightSpec,
  vpcId: string | undefined,
  problems: Problem[],
): Promise<{ readonly lustreMountName: string | null }> => {
  for (const bucket of spec.buckets) await checkBucket(aws, spec, bucket, problems);
  for (const key of spec.kmsKeyIds) await checkKey(aws, spec, key, problems);
  await checkLogGroup(aws, spec, problems);
  await checkEfs(aws, spec, vpcId, problems);
  return { lustreMountName: await findLustre(aws, spec, vpcId, problems) };
};

const checkBucket = async (
  aws: Aws,
  { account }: ComputePreflightSpec,
  bucket: string,
  problems: Problem[],
): Promise<void> => {
  const problem = (detail: string) => void problems.push({ pointer: BUCKETS, detail });
  try {
    const { BucketRegion } = await aws.s3(account).send(new HeadBucketCommand({ Bucket: bucket }));
    if (BucketRegion === undefined || BucketRegion === account.region) return;
    problem(`bucket ${bucket} is in ${BucketRegion}, the compute environment in ${account.region}: choose one region`);
  } catch (error) {
    const code = codeOf(error);
    if (isNotFound(error)) problem(`there is no bucket ${bucket}: create it, or correct its name`);
    else if (code === 'Invalid')
      problem(`bucket ${bucket} is in another region than ${account.region}: choose one region`);
    else if (code === 'Denied')
      problem(`bucket ${bucket} may not be listed: allow s3:ListBucket on it, or correct its name`);
    else throw error;
  }
};

const checkKey = async (
  aws: Aws,
  { account }: ComputePreflightSpec,
  KeyId: string,
  problems: Problem[],
): Promise<void> => {
  const problem = (detail: string) => void problems.push({ pointer: KEYS, detail });
  try {
    const { KeyMetadata } = await aws.kms(account).send(new DescribeKeyCommand({ KeyId }));
    const { KeyState, KeySpec = 'SYMMETRIC_DEFAULT' } = KeyMetadata ?? {};
    if (KeyState !== 'Enabled') problem(`KMS key ${KeyId} is ${KeyState}: enable it, or choose another`);
    if (KeySpec !== 'SYMMETRIC_DEFAULT') problem(`KMS key ${KeyId} is of the kind ${KeySpec}: choose a symmetric one`);
  } catch (error) {
    if (!isNotFound(error) && codeOf(error) !== 'Invalid') throw error;
    problem(`there is no KMS key ${KeyId} in ${account.region}`);
  }
};

const checkLogGroup = async (aws: Aws, spec: ComputePreflightSpec, problems: Problem[]): Promise<void> => {
  const { logGroup, account } = spec;
  if (logGroup === null || logGroup === MADE_BY_BATCH) return;
  const found = await describeLogGroups(aws.logs(account), logGroup);
  if (found.some(({ logGroupName }) => logGroupName === logGroup)) return;
  const detail = `there is no log group ${logGroup} in ${account.region}: create it, or leave it out to have one made`;
  problems.push({ pointer: LOGS, detail });
};

const checkEfs = async (
  aws: Aws,
  { efsId, account }: ComputePreflightSpec,
  vpcId: string | undefined,
  problems: Problem[],
): Promise<void> => {
  if (efsId === null) return;
  const efs = aws.efs(account);
  const problem = (detail: string) => void problems.push({ pointer: EFS, detail });
  const state = (await findById(efs, efsId))?.LifeCycleState;
  if (state === undefined) return problem(`there is no EFS file system ${efsId} in ${account.region}`);
  if (state !== 'available' && state !== 'updating') return problem(`EFS file system ${efsId} is ${state}`);
  if (vpcId === undefined) return;
  const targets = await listMountTargets(efs, efsId);
  if (targets.some((target) => target.VpcId === vpcId && target.LifeCycleState === 'available')) return;
  problem(`EFS file system ${efsId} has no mount target in ${vpcId} that is available: create one there`);
};

/** Its mount name, by its DNS name. */
const findLustre = async (
  aws: Aws,
  { lustreName, account }: ComputePreflightSpec,
  vpcId: string | undefined,
  problems: Problem[],
): Promise<string | null> => {
  if (lustreName === null) return null;
  const problem = (detail: string) => void problems.push({ pointer: LUSTRE, detail });
  const found = (await listLustre(aws.fsx(account))).find(({ DNSName }) => DNSName === lustreName);
  if (!found) {
    problem(`there is no FSx for Lustre file system ${lustreName} in ${account.region}`);
    return null;
  }
  const { Lifecycle, VpcId, LustreConfiguration } = found;
  if (Lifecycle !== 'AVAILABLE' && Lifecycle !== 'UPDATING') problem(`FSx file system ${lustreName} is ${Lifecycle}`);
  if (vpcId !== undefined && VpcId !== undefined && VpcId !== vpcId) {
    problem(`FSx file system ${lustreName} is in ${VpcId}, not in ${vpcId}: choose one VPC`);
  }
  return LustreConfiguration?.MountName ?? null;
};
