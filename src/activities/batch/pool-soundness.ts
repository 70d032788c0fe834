/** Whether a pool is what its plan says: its environment VALID and as it was made, its queue in front of it. */
import type { ComputeEnvironmentDetail } from '@aws-sdk/client-batch';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import type { ComputeEnvironmentSpec, FargateEnvironmentSpec, JobQueueSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { findComputeEnvironment } from './compute-environment-find.ts';
import { findJobQueue } from './job-queue.ts';

type EnvironmentSpec = ComputeEnvironmentSpec | FargateEnvironmentSpec;

export const poolSoundnessActivities = (deps: Pick<ActivityDeps, 'aws'>) => ({
  /** One look. What is wrong, in words; none where all is as it should be. What changes right now is not wrong. */
  async observePool(environment: EnvironmentSpec, queue: JobQueueSpec): Promise<readonly string[]> {
    const batch = deps.aws.batch(environment.account);
    const [has, queued] = await Promise.all([
      findComputeEnvironment(batch, environment.name),
      findJobQueue(batch, queue.name),
    ]);
    const what = `compute environment ${environment.name}`;
    const behind = queued?.computeEnvironmentOrder?.map((one) => one.computeEnvironment) ?? [];
    return [
      ...(has ? wrongOf(what, has) : [`${what} is not there`]),
      ...(has ? drifted(environment, has).map((drift) => `${what}: ${drift}`) : []),
      ...(queued ? wrongOf(`job queue ${queue.name}`, queued) : [`job queue ${queue.name} is not there`]),
      ...(has && queued && !behind.includes(has.computeEnvironmentArn)
        ? [`job queue ${queue.name} does not lead to ${what}`]
        : []),
    ];
  },
});

const wrongOf = (
  what: string,
  {
    state,
    status,
    statusReason = 'no reason given',
  }: { state?: string | undefined; status?: string | undefined; statusReason?: string | undefined },
): string[] => [
  ...(state === 'ENABLED' ? [] : [`${what} is ${state}`]),
  ...(status === 'INVALID' || status === 'DELETING' ? [`${what} is ${status}: ${statusReason}`] : []),
];

const drifted = (
  spec: EnvironmentSpec,
  { computeResources: has = {} as never }: ComputeEnvironmentDetail,
): string[] => {
  const wanted = {
    type: spec.type,
    maxvCpus: spec.maxvCpus,
    ...(spec.type !== 'FARGATE' && { minvCpus: spec.minvCpus, instanceTypes: spec.instanceTypes.toSorted() }),
  };
  const found = { ...has, instanceTypes: has.instanceTypes?.toSorted() };
  return Object.entries(wanted).flatMap(([field, value]) => {
    const is = found[field as keyof typeof wanted];
    return canonicalJson(is ?? null) === canonicalJson(value)
      ? []
      : [`${field} is ${JSON.stringify(is ?? null)}, not ${JSON.stringify(value)}`];
  });
};
