/** Activities of compute environments without AWS: their record, what preflight finds out, and jobs that run. */

import type { CreateInput, DisposeInput, UpdateInput } from '#domain/compute/input.ts';
import { BUSY, type ComputeRecord, CREATING } from '#domain/compute/record.ts';
import type { ComputePreflightSpec, ComputeResolved } from '#domain/compute/specs.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { fail, notYet } from '#domain/core/failures.ts';
import { subjectId } from '#domain/core/subject.ts';
import { createFakes, type Fake } from './fake-activities.ts';

const NOW = '2026-01-01T00:00:00.000Z';

const firstRecord = ({ compute, runId, onFailure, fingerprint }: CreateInput): ComputeRecord => ({
  version: 1,
  subject: computeSubject(compute),
  id: subjectId(computeSubject(compute)),
  compute,
  computeBefore: null,
  phase: 'planned',
  phaseBefore: null,
  operation: null,
  ...{ runId, fingerprint, onFailure },
  steps: [],
  resources: [],
  outputs: null,
  deleted: [],
  canaries: [],
  error: null,
  degraded: null,
  leftovers: [],
  retained: [],
  unfinished: [],
  remedy: null,
  dataConfirmed: false,
  hidden: false,
  primary: false,
  lastValidated: null,
  heard: '',
  createdAt: NOW,
  updatedAt: NOW,
  disposedAt: null,
});

export const computeFakes = () => {
  let record: ComputeRecord | null = null;
  const world = {
    /** Jobs that run until somebody ends them. */
    jobs: 0,
    image: 'ami-1',
    /** What is wrong with each pool. */
    wrong: [] as string[],
    /** What has changed, by the activity that makes it and its name. */
    differs: {} as Record<string, readonly string[]>,
    /** Each order that a queue was given. */
    orders: [] as string[],
    /** Ids of those that run in it. */
    tenants: [] as string[],
  };
  const change = (next: Partial<ComputeRecord>): { record: ComputeRecord } => {
    if (!record) throw fail('NotFound', 'there is none');
    record = { ...record, ...next };
    return { record };
  };
  const rest = (): ComputeRecord['phaseBefore'] => {
    if (!record) return null;
    return BUSY.includes(record.phase) ? record.phaseBefore : record.phase;
  };
  const unfinished = (): readonly string[] =>
    record && CREATING.includes(record.phase)
      ? [...new Set([...record.unfinished, record.runId])]
      : (record?.unfinished ?? []);

  const activities = (exists: Set<string>): Readonly<Record<string, Fake>> => ({
    openCompute: async (input: never) => {
      record = { ...(record ?? firstRecord(input)), unfinished: unfinished() };
      const { onFailure, runId } = input as CreateInput;
      return change({ phase: 'planned', onFailure, runId, error: null });
    },
    openComputeUpdate: async (input: never) => {
      const { compute, runId } = input as UpdateInput;
      const pinned = record?.computeBefore ? {} : { compute, computeBefore: record?.compute ?? null, runId };
      return change({ ...pinned, phaseBefore: rest(), phase: 'updating' });
    },
    openComputeRemoval: async (input: never) => {
      const { mode, dataConfirmed } = input as DisposeInput;
      if (!record) return { record };
      const phase = { drain: 'draining', terminate: 'deleting', force: 'deleting', sweep: record.phase } as const;
      return change({
        ...{ phase: phase[mode], phaseBefore: rest(), unfinished: unfinished(), error: null },
        ...{ hidden: record.hidden || mode === 'force', dataConfirmed: record.dataConfirmed || dataConfirmed },
      });
    },
    openComputeValidation: async (_: never) => change({ phaseBefore: rest() }),
    changeRecord: async (_subject: never, next: never) => {
      if (record) change(next);
    },
    preflightCompute: async (spec: never): Promise<ComputeResolved> => {
      const { pools } = spec as ComputePreflightSpec;
      const image = { imageId: world.image, imageFamily: 'AL2023' } as const;
      return {
        vpcId: 'vpc-1',
        subnets: [{ id: 'subnet-1', zone: 'us-east-1a' }],
        securityGroupIds: ['sg-1'],
        images: Object.fromEntries(pools.map(({ name }) => [name, image])),
        lustreMountName: null,
      };
    },
    preflightRights: async () => ({ warnings: [] }),
    observeRetained: async () => [],
    awaitJobsEnded: async () => {
      if (world.jobs > 0) throw notYet('jobs run', 50);
    },
    awaitComputeEnvironmentDrained: async () => {
      if (world.jobs > 0) throw notYet('jobs run', 50);
    },
    terminateJobs: async () => {
      world.jobs = 0;
    },
    awaitShareJobsEnded: async () => {
      if (world.jobs > 0) throw notYet('jobs run', 50);
    },
    terminateShareJobs: async () => {
      world.jobs = 0;
    },
    observeRunningJobs: async () => world.jobs,
    findShareJobs: async () => Array.from({ length: world.jobs }, (_, nth) => ({ id: `job-${nth}`, name: null })),
    findTenants: async () => world.tenants,
    releaseEfs: async () => ({ kept: false }),
    ensureEfsSettings: async () => null,
    ensureCanaryJob: async () => ({ jobId: 'job-1' }),
    awaitCanaryEnded: async () => ({ succeeded: true, reason: '', logStream: null }),
    observeEnvironmentRoles: async () => ({ broken: false }),
    awaitComputeEnvironmentDeletionEnded: async () => ({ gone: true, reason: null }),
    deleteJobDefinitions: async () => ({ items: [], next: null }),
    observeJobDefinitions: async () => ({ items: [], next: null }),
    observePool: async () => world.wrong,
    observeDrift: async (activity: never, args: never) => {
      const { name } = (args as readonly { readonly name: string }[])[0] ?? { name: '' };
      const differences = world.differs[`${activity as string} ${name}`] ?? [];
      const exchangesInstances = differences.some((difference) => difference.includes('instanceTypes'));
      const answer = { result: { arn: name, ...(fakes.answerOf(activity) as object) } };
      return { differences, lacks: null, exchangesInstances, answer };
    },
    ensureSlotsSettled: async () => null,
    findFormerEnvironment: async (spec: never) => ({ arn: (spec as { name: string }).name }),
    ensureComputeEnvironment: async (spec: never) => {
      const { name } = spec as { name: string };
      exists.add(`ComputeEnvironment ${name}`);
      const made = {
        type: 'AWS::Batch::ComputeEnvironment',
        id: `ComputeEnvironment ${name}`,
        name,
        origin: 'created',
      };
      return { made, arn: name };
    },
    /** Queues say what stands behind them. */
    ensureJobQueue: async (spec: never, arns: never) => {
      const { name } = spec as { name: string };
      exists.add(`JobQueue ${name}`);
      world.orders.push(`${name}: ${[arns].flat().join(', ')}`);
      return { made: { type: 'AWS::Batch::JobQueue', id: `JobQueue ${name}`, name, origin: 'created' }, arn: name };
    },
  });

  let there = new Set<string>();
  const fakes = createFakes((exists) => {
    there = exists;
    return activities(exists);
  });

  fakes.answer('ensureEfs', { fileSystemId: 'fs-1' });
  fakes.answer('ensureOwnSecurityGroup', { groupId: 'sg-2' });
  fakes.answer('ensureMountTarget', { mountTargetId: 'fsmt-1' });

  return {
    ...fakes,
    world,
    /** Somebody takes a thing away. */
    takes: (id: string) => there.delete(id),
    stored: () => record,
    write: (next: Partial<ComputeRecord>) => change(next),
  };
};
