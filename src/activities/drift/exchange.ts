/**
 * Whether making something good would have Batch exchange instances: those that run a job for longer than the update policy
 * allows are ended with it.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/infrastructure-updates.html
 */
import type { NotedWrite } from '#aws/dry-run.ts';
import { exchanging } from '../batch/compute-environment-resources.ts';

/** Environments of instances know these by an id, which is another one for what is made again. */
const KNOWN_BY_ID = /^Create(LaunchTemplate(Version)?|SecurityGroup|FileSystem)$/;

/** @param notMade the operation that would make what is not there */
export const exchangesInstances = (
  activity: string,
  writes: readonly NotedWrite[],
  notMade: string | null = null,
): boolean =>
  (notMade !== null && KNOWN_BY_ID.test(notMade)) ||
  // One of Fargate has none.
  (activity === 'ensureComputeEnvironment' &&
    writes.some(
      ({ operation, input }) =>
        operation === 'UpdateComputeEnvironment' &&
        exchanging((input as { readonly computeResources?: object }).computeResources ?? {}).length > 0,
    ));
