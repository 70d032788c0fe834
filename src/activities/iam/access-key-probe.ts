/** Proof that a fresh access key works: the key itself does what its holder will do first. */
import { DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { codeOf, factsOf, fail } from '#domain/core/failures.ts';
import type { AccessKeySpec, Probe } from '#domain/resources/identity.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain, waitedMs } from '../shared/look.ts';
import { idsOf } from './access-key-parts.ts';

/** IAM answers from many places, and not all learn of a key at once: one success proves little. */
const SUCCESSES_IN_A_ROW = 3;

/** Past this many visibility windows a refusal is believed: the key is known by then, so it is its policy. */
const WINDOWS_MAX = 3;

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

export const accessKeyProbeActivities = (deps: Deps) => {
  const { aws, control, timing } = deps;

  const probe = async (spec: AccessKeySpec, accessKeyId: string): Promise<void> => {
    const secret = await control.seals.open(idsOf(spec), accessKeyId);
    if (!secret) {
      throw fail('NotFound', `the access key ${accessKeyId} of ${spec.userName} is not sealed: it can't be tried out`);
    }
    const own = aws.as(secret);
    // The key acts in its own account: no role to enter by.
    const account = { ...spec.account, roleArn: null, externalId: null };
    for (let success = 0; success < SUCCESSES_IN_A_ROW; success += 1) {
      for (const one of spec.probes) await tryOut(own, account, one);
    }
  };

  return {
    /**
     * One look: does with the key itself what its holder will do, three times in a row.
     * @throws NotYet while the key is refused; Denied where that lasts.
     */
    async awaitAccessKeyUsable(spec: AccessKeySpec, accessKeyId: string): Promise<void> {
      try {
        await probe(spec, accessKeyId);
      } catch (error) {
        if (codeOf(error) !== 'Denied' || waitedMs() > WINDOWS_MAX * timing.propagationMs) throw error;
        const { awsCode = 'denied', operation = '' } = factsOf(error);
        throw lookAgain(`the new key is not usable yet: ${operation} answers ${awsCode}`, deps, factsOf(error));
      }
    },
  };
};

const tryOut = async (own: Aws, account: AccountRef, probe: Probe): Promise<void> => {
  if ('lists' in probe) {
    const { bucket: Bucket, prefix: Prefix } = probe.lists;
    await own.s3(account).send(new ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 }));
  } else if ('identifies' in probe) {
    await own.sts(account).send(new GetCallerIdentityCommand({}));
  } else if ('heads' in probe) {
    await own
      .s3(account)
      .send(new HeadBucketCommand({ Bucket: probe.heads.bucket }))
      .catch(ignoreNotFound);
  } else {
    await own.batch(account).send(new DescribeJobQueuesCommand({ jobQueues: [probe.describes.jobQueue] }));
  }
};
