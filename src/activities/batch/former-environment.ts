/** The environment that another one takes the place of, as far as a queue can still have it behind the new one. */
import { isOwnedBy } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { findComputeEnvironment } from './compute-environment-find.ts';

export const formerEnvironmentActivities = (deps: Pick<ActivityDeps, 'aws'>) => ({
  /** Null where it is gone, going, or INVALID: a queue takes no environment that is not VALID. */
  async findFormerEnvironment(spec: ResourceSpec): Promise<{ readonly arn: string } | null> {
    const found = await findComputeEnvironment(deps.aws.batch(spec.account), spec.name);
    if (!found || !isOwnedBy(found.tags ?? {}, spec.owner)) return null;
    if (found.status === 'DELETING' || found.status === 'INVALID') return null;
    return { arn: found.computeEnvironmentArn ?? '' };
  },
});
