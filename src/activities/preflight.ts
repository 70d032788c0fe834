/** What AWS would refuse later, refused at once and all together; and the facts that a plan can't know. Makes nothing. */

import type { Aws } from '#aws/clients.ts';
import { fail, type Problem } from '#domain/core/failures.ts';
import type { PreflightSpec, Resolved } from '#domain/workspace/specs.ts';
import type { ActivityDeps } from './deps.ts';
import { checkAccount } from './preflight/account.ts';
import { checkArchitecture } from './preflight/architecture.ts';
import { findImageFamily } from './preflight/image-family.ts';
import { findImage, findSquidImage } from './preflight/images.ts';
import { checkNatQuotas } from './preflight/nat-quotas.ts';
import { checkVcpus } from './preflight/vcpus.ts';
import { findZones } from './preflight/zones.ts';
import { whenEntered } from './shared/visible.ts';

export type ResolvedNetwork = Pick<Resolved, 'jobZones' | 'squidZone'>;
export type ResolvedImages = Pick<Resolved, 'imageId' | 'imageFamily' | 'squidImageId'>;

export const preflightActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => ({
  /** The account is the right one, the types are offered, where, and within its quotas of vCPUs. @throws Invalid with every problem. */
  preflightNetwork: (spec: PreflightSpec): Promise<ResolvedNetwork> =>
    whenEntered(spec.account, deps, () => networkFor(deps.aws, spec)),

  /** The images exist and fit the types. @throws Invalid with every problem. */
  preflightImages: (spec: PreflightSpec): Promise<ResolvedImages> =>
    whenEntered(spec.account, deps, () => imagesFor(deps.aws, spec)),
});

const networkFor = async (aws: Aws, spec: PreflightSpec): Promise<ResolvedNetwork> => {
  const problems: Problem[] = await checkAccount(aws, spec);
  const zones = await findZones(aws.ec2(spec.account), spec);
  refuse([
    ...problems,
    ...zones.problems,
    ...(await checkVcpus(aws, spec)),
    ...(await checkNatQuotas(aws, spec, zones.squidZone)),
  ]);
  return { jobZones: zones.jobZones, squidZone: zones.squidZone };
};

const imagesFor = async (aws: Aws, spec: PreflightSpec): Promise<ResolvedImages> => {
  const ec2 = aws.ec2(spec.account);
  const { instanceTypes, squidInstanceType } = spec;
  const ofJobs = async (problems: Problem[]) => {
    const image = await findImage(aws, spec, problems);
    if (image) await checkArchitecture(ec2, { image, instanceTypes, pointer: '/nextflow/instance-type' }, problems);
    return { problems, image };
  };
  const ofSquid = async (problems: Problem[]) => {
    const { squidImage } = spec;
    if (squidImage === null || squidInstanceType === null) return { problems, image: undefined };
    const image = await findSquidImage(aws, { ...spec, squidImage }, problems);
    const pointer = '/settings/squid/instanceType';
    if (image) await checkArchitecture(ec2, { image, instanceTypes: [squidInstanceType], pointer }, problems);
    return { problems, image };
  };
  const [jobs, squid] = await Promise.all([ofJobs([]), ofSquid([])]);
  refuse([...jobs.problems, ...squid.problems]);
  return {
    imageId: jobs.image?.ImageId ?? '',
    imageFamily: await findImageFamily(aws, spec, jobs.image),
    squidImageId: squid.image?.ImageId ?? '',
  };
};

const refuse = (problems: readonly Problem[]): void => {
  if (problems.length === 0) return;
  throw fail('Invalid', problems.map(({ detail }) => detail).join('; '), { problems });
};
