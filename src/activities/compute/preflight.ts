/**
 * What AWS would refuse later, of a compute environment, refused at once and all together; and the facts that its plan
 * can't know. Makes nothing.
 */
import type { ComputePreflightSpec, ComputeResolved } from '#domain/compute/specs.ts';
import { fail, type Problem } from '#domain/core/failures.ts';
import type { ActivityDeps } from '../deps.ts';
import { whenEntered } from '../shared/visible.ts';
import { checkIdentity } from './identity.ts';
import { findImages } from './images.ts';
import { checkInstances } from './instances.ts';
import { findNetwork } from './network.ts';
import { checkStorage } from './storage.ts';
import { checkTenancy } from './tenancy.ts';

/** Of a tenant: it starts no instances. */
const NO_NETWORK = { vpcId: '', subnets: [], securityGroupIds: [] } as const;

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

export const preflightComputeActivities = (deps: Deps) => ({
  /** @throws Invalid with every problem, each with the option that it is about and with what to do. */
  preflightCompute: (spec: ComputePreflightSpec): Promise<ComputeResolved> =>
    whenEntered(spec.account, deps, () => resolve(deps, spec)),
});

const resolve = async (
  { aws, control }: Pick<Deps, 'aws' | 'control'>,
  spec: ComputePreflightSpec,
): Promise<ComputeResolved> => {
  const problems: Problem[] = [];
  await checkIdentity(aws, spec, problems);
  await checkTenancy({ aws, control }, spec, problems);
  const network = spec.tenancy ? NO_NETWORK : await findNetwork(aws.ec2(spec.account), spec, problems);
  const zones = [...new Set(network?.subnets.map(({ zone }) => zone))];
  await checkInstances(aws, spec, zones, problems);
  const images = await findImages(aws, spec, problems);
  const { lustreMountName } = await checkStorage(aws, spec, network?.vpcId, problems);
  if (network === undefined || problems.length > 0) {
    throw fail('Invalid', problems.map(({ detail }) => detail).join('; '), { problems });
  }
  return { ...network, images, lustreMountName };
};
