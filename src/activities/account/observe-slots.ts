/** What stands in an account, counted for its quota allocator. */
import { DescribeComputeEnvironmentsCommand, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { DescribeVpcsCommand } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { AccountRef } from '#domain/account.ts';
import { codeOf } from '#domain/failures.ts';
import { parseWorkspaceId, workspaceWorkflowId } from '#domain/ids.ts';
import { tagsOf } from '#domain/ownership.ts';
import { type Holder, type ObservedSlots, SLOT_KINDS, type SlotKind } from '#domain/slots.ts';
import type { ActivityDeps } from '../deps.ts';

/** Hard limits of Batch per account and region; the VPC default where Service Quotas doesn't say. */
const LIMITS = { queue: 50, computeEnvironment: 50, vpc: 5 } as const satisfies Record<SlotKind, number>;

/** VPCs and gateways per region: the smaller one binds, since each workspace has one of both. */
const VPC_QUOTAS = ['L-F678F1CE', 'L-A4707A72'];

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

  const vpcLimit = async (account: AccountRef): Promise<number> => {
    const values = await Promise.all(
      VPC_QUOTAS.map(async (QuotaCode) => {
        try {
          const { Quota } = await aws
            .quotas(account)
            .send(new GetServiceQuotaCommand({ ServiceCode: 'vpc', QuotaCode }));
          return Quota?.Value;
        } catch (error) {
          const code = codeOf(error);
          // An account that may not read its quotas, or has none on file, has the defaults.
          if (code === 'NotFound' || code === 'Denied' || code === 'Invalid') return undefined;
          throw error;
        }
      }),
    );
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? Math.min(...known) : LIMITS.vpc;
  };

  /** A holder of which AWS shows nothing, whose record is gone or at an end, and for which no workflow runs. */
  const isGone = async ({ workspace, names }: Holder, seen: ObservedSlots['names']): Promise<boolean> => {
    if (SLOT_KINDS.some((kind) => seen[kind].includes(names[kind]))) return false;
    const id = parseWorkspaceId(workspace);
    if (!id) return true;
    try {
      const handle = temporal.workflow.getHandle(workspaceWorkflowId(id.environment, id.escapedUser));
      if ((await handle.describe()).status.name === 'RUNNING') return false;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    const record = await control.records.read(id);
    const phase = record?.record.phase;
    return phase === undefined || phase === 'disposed' || phase === 'failed';
  };

  return {
    /** One look at queues, environments and VPCs, with their limits and the holders that are there no more. */
    async observeSlots(account: AccountRef, holders: readonly Holder[]): Promise<ObservedSlots> {
      const [queue, computeEnvironment, vpc, limit] = await Promise.all([
        queues(account),
        environments(account),
        vpcs(account),
        vpcLimit(account),
      ]);
      const names = { queue, computeEnvironment, vpc };
      const limits = { ...LIMITS, vpc: limit };
      // Asked only when it matters: a full account repairs its own books before it refuses.
      const full = SLOT_KINDS.some(
        (kind) => new Set([...names[kind], ...holders.map((one) => one.names[kind])]).size >= limits[kind],
      );
      const verdicts = full ? await Promise.all(holders.map((holder) => isGone(holder, names))) : [];
      return { names, limits, gone: holders.filter((_, index) => verdicts[index]).map(({ workspace }) => workspace) };
    },
  };
};
