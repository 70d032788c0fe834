/** What stands in an account, counted for its quota allocator. */
import { DescribeComputeEnvironmentsCommand, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { WorkflowNotFoundError } from '@temporalio/client';
import { collect } from '#aws/pages.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import { anyRecords } from '#domain/core/record.ts';
import {
  type Holder,
  holderKey,
  inUse,
  type ObservedSlots,
  type QuotaName,
  SLOT_KINDS,
  type SlotCount,
  type SlotKind,
} from '#domain/core/slots.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type { ActivityDeps } from '../deps.ts';
import { findVpcs } from '../ec2/vpc.ts';
import { readQuota } from './quota.ts';

/** Where Service Quotas says how many there may be, and what AWS gives every account where it doesn't say. */
const QUOTAS: Readonly<Record<SlotKind, { service: string; codes: readonly Code[]; initial: number }>> = {
  queue: { service: 'batch', codes: [{ code: 'L-4CEA37AD' }], initial: 50 },
  computeEnvironment: { service: 'batch', codes: [{ code: 'L-144F0CA5' }], initial: 50 },
  // Each workspace has one of each: the smallest one binds.
  vpc: {
    service: 'vpc',
    codes: [
      { code: 'L-F678F1CE' },
      { code: 'L-A4707A72', name: { counts: 'internet gateways', raise: 'Internet gateways per Region' } },
      { code: 'L-1B52E74A', name: { counts: 'gateway endpoints', raise: 'Gateway VPC endpoints per Region' } },
    ],
    initial: 5,
  },
};

interface Code {
  readonly code: string;
  /** Where it counts something else than the kind says. */
  readonly name?: QuotaName;
}

interface Limit {
  readonly value: number;
  readonly name?: QuotaName | undefined;
}

/** Phases, of any kind, in which nothing is at work and nothing is kept. */
const ENDED: ReadonlySet<string> = new Set(['disposed', 'failed', 'deleted', 'failed-clean', 'failed-dirty']);

export const observeSlotActivities = ({ aws, temporal, control, slotsCounted }: ActivityDeps) => {
  const queues = async (account: AccountRef): Promise<string[]> => {
    const found = await collect(async (nextToken) => {
      const answer = await aws.batch(account).send(new DescribeJobQueuesCommand({ nextToken }));
      return { items: answer.jobQueues, next: answer.nextToken };
    });
    return found.map(({ jobQueueName }) => jobQueueName ?? '');
  };

  const environments = async (account: AccountRef): Promise<string[]> => {
    const found = await collect(async (nextToken) => {
      const answer = await aws.batch(account).send(new DescribeComputeEnvironmentsCommand({ nextToken }));
      return { items: answer.computeEnvironments, next: answer.nextToken };
    });
    return found
      .filter(({ status }) => status !== 'DELETED')
      .map(({ computeEnvironmentName }) => computeEnvironmentName ?? '');
  };

  const vpcs = async (account: AccountRef): Promise<string[]> => {
    const found = await findVpcs(aws.ec2(account), []);
    return found.map(({ VpcId, Tags }) => tagsOf(Tags).Name ?? VpcId ?? '');
  };

  const limitOf = async (account: AccountRef, kind: SlotKind): Promise<Limit> => {
    const { service, codes, initial } = QUOTAS[kind];
    const limits = await Promise.all(
      codes.map(async ({ code, name }): Promise<Limit | undefined> => {
        const value = await readQuota(aws, account, { ServiceCode: service, QuotaCode: code });
        return value === undefined ? undefined : { value, name };
      }),
    );
    const known = limits.filter((limit) => limit !== undefined).toSorted((one, other) => one.value - other.value);
    return known[0] ?? { value: initial };
  };

  /** A holder of which AWS shows nothing, whose record is gone or at an end, and for which no workflow runs. */
  const isGone = async ({ subject, names }: Holder, seen: ObservedSlots['names']): Promise<boolean> => {
    if (SLOT_KINDS.some((kind) => names[kind]?.some((name) => seen[kind].includes(name)))) return false;
    try {
      const handle = temporal.workflow.getHandle(subjectWorkflowId(subject));
      if ((await handle.describe()).status.name === 'RUNNING') return false;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    const record = await control.records(anyRecords(subject.kind)).read(subject);
    const phase = record?.record.phase;
    return phase === undefined || ENDED.has(phase);
  };

  return {
    /**
     * One look at queues, environments and VPCs, with their limits and, where not all that is wanted finds a place, the
     * holders that are there no more: a full account repairs its own books before it refuses.
     */
    async observeSlots(
      account: AccountRef,
      holders: readonly Holder[],
      wanted: readonly Pick<Holder, 'names'>[],
    ): Promise<ObservedSlots> {
      const [queue, computeEnvironment, vpc, ...limited] = await Promise.all([
        queues(account),
        environments(account),
        vpcs(account),
        limitOf(account, 'queue'),
        limitOf(account, 'computeEnvironment'),
        limitOf(account, 'vpc'),
      ]);
      const names = { queue, computeEnvironment, vpc };
      const limits = { queue: limited[0].value, computeEnvironment: limited[1].value, vpc: limited[2].value };
      const countOf = (kind: SlotKind): SlotCount => ({
        used: inUse(holders, { names }, kind).size,
        limit: limits[kind],
      });
      slotsCounted?.(account.accountId, {
        queue: countOf('queue'),
        computeEnvironment: countOf('computeEnvironment'),
        vpc: countOf('vpc'),
      });
      const full = SLOT_KINDS.some((kind) => inUse([...holders, ...wanted], { names }, kind).size > limits[kind]);
      const verdicts = full ? await Promise.all(holders.map((holder) => isGone(holder, names))) : [];
      const gone = holders.filter((_, index) => verdicts[index]).map(holderKey);
      return { names, limits, gone, ...(limited[2].name && { binding: { vpc: limited[2].name } }) };
    },
  };
};
