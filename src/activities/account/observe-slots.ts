/** What stands in an account, counted for its quota allocator. */
import { DescribeComputeEnvironmentsCommand, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { AccountRef } from '#domain/account.ts';
import { tagsOf } from '#domain/core/ownership.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import { type Holder, type ObservedSlots, type QuotaName, SLOT_KINDS, type SlotKind } from '#domain/slots.ts';
import { parseWorkspaceId } from '#domain/workspace/subject.ts';
import type { ActivityDeps } from '../deps.ts';
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

export const observeSlotActivities = ({ aws, temporal, control }: ActivityDeps) => {
  const pages = async <T>(
    page: (nextToken: string | undefined) => Promise<[T[], string | undefined]>,
  ): Promise<T[]> => {
    const all: T[] = [];
    let token: string | undefined;
    do {
      const [items, next] = await page(token);
      all.push(...items);
      token = next;
    } while (token !== undefined);
    return all;
  };

  const queues = (account: AccountRef) =>
    pages(async (nextToken) => {
      const answer = await aws.batch(account).send(new DescribeJobQueuesCommand({ nextToken }));
      return [(answer.jobQueues ?? []).map(({ jobQueueName }) => jobQueueName ?? ''), answer.nextToken];
    });

  const environments = (account: AccountRef) =>
    pages(async (nextToken) => {
      const answer = await aws.batch(account).send(new DescribeComputeEnvironmentsCommand({ nextToken }));
      const there = (answer.computeEnvironments ?? []).filter(({ status }) => status !== 'DELETED');
      return [there.map(({ computeEnvironmentName }) => computeEnvironmentName ?? ''), answer.nextToken];
    });

  const vpcs = (account: AccountRef) =>
    pages(async (NextToken) => {
      const answer = await aws.ec2(account).send(new DescribeVpcsCommand({ NextToken }));
      return [(answer.Vpcs ?? []).map(({ VpcId, Tags }) => tagsOf(Tags).Name ?? VpcId ?? ''), answer.NextToken];
    });

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
  const isGone = async ({ workspace, names }: Holder, seen: ObservedSlots['names']): Promise<boolean> => {
    if (SLOT_KINDS.some((kind) => seen[kind].includes(names[kind]))) return false;
    const subject = parseWorkspaceId(workspace);
    if (!subject) return true;
    try {
      const handle = temporal.workflow.getHandle(subjectWorkflowId(subject));
      if ((await handle.describe()).status.name === 'RUNNING') return false;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    const record = await control.records.read(subject);
    const phase = record?.record.phase;
    return phase === undefined || phase === 'disposed' || phase === 'failed';
  };

  return {
    /** One look at queues, environments and VPCs, with their limits and the holders that are there no more. */
    async observeSlots(account: AccountRef, holders: readonly Holder[]): Promise<ObservedSlots> {
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
      // Asked only when it matters: a full account repairs its own books before it refuses.
      const full = SLOT_KINDS.some(
        (kind) => new Set([...names[kind], ...holders.map((one) => one.names[kind])]).size >= limits[kind],
      );
      const verdicts = full ? await Promise.all(holders.map((holder) => isGone(holder, names))) : [];
      const gone = holders.filter((_, index) => verdicts[index]).map(({ workspace }) => workspace);
      return { names, limits, gone, ...(limited[2].name && { binding: { vpc: limited[2].name } }) };
    },
  };
};
