/** What others may refer to: queues, roles, file systems, of a compute environment that was made. */
import { type AccountRef, partitionOf } from '../core/account.ts';
import type { Lustre } from '../resources/file-system.ts';
import type { ComputeInput } from './input.ts';
import { computeNames } from './names.ts';
import { jobRolesOf, logGroupOf } from './policies.ts';
import type { Pool } from './pools.ts';
import type { ComputeResolved } from './specs.ts';
import { ownShareOf } from './tenancy.ts';
import type { ComputeOutputs, PoolView } from './view.ts';

interface PoolParts {
  readonly resolved: Pick<ComputeResolved, 'images'>;
  /** Of its own; null: of a tenant. */
  readonly environmentArn: string | null;
  readonly queueArn: string;
}

export const poolView = (pool: Pool, { resolved, environmentArn, queueArn }: PoolParts): PoolView => ({
  name: pool.name,
  label: pool.label,
  queue: { name: pool.queue, arn: queueArn },
  environment:
    pool.environment === null || environmentArn === null ? null : { name: pool.environment, arn: environmentArn },
  imageId: resolved.images[pool.name]?.imageId ?? null,
});

/** Of a queue that is another one's. */
export const queueArnOf = ({ accountId, region }: AccountRef, name: string): string =>
  `arn:${partitionOf(region)}:batch:${region}:${accountId}:job-queue/${name}`;

interface Parts {
  readonly pools: readonly PoolView[];
  /** Null of a tenant. */
  readonly profileArn: string | null;
  /** That it made; null where it mounts another one, or none. */
  readonly efs: { readonly id: string } | null;
  readonly lustre: Lustre | null;
}

export const outputsOf = (input: ComputeInput, { pools, profileArn, efs, lustre }: Parts): ComputeOutputs => {
  const roles = jobRolesOf(input);
  const [first] = pools;
  const queueOf = (name: string): string =>
    pools.find((pool) => pool.name === name)?.queue.name ?? first?.queue.name ?? '';
  return {
    pools,
    // Of EC2 mode, both are its only pool's.
    headQueue: queueOf('head'),
    computeQueue: queueOf('work'),
    headJobRole: roles.head,
    computeJobRole: roles.compute,
    executionRole: roles.execution,
    instanceProfile: profileArn,
    logGroup: logGroupOf(input, computeNames(input)),
    shareIdentifier: ownShareOf(input),
    efsId: input.config.forge.efsId ?? efs?.id ?? null,
    lustre: lustre && { id: lustre.id, dnsName: lustre.dnsName, mountName: lustre.mountName },
  };
};
