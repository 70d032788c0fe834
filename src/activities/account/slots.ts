/**
 * Places in the account's quotas, asked of its quota allocator. A worker process sends one update at a time with all
 * that came in meanwhile: a workflow takes ten updates in flight, and a thousand launches may want a place at once.
 */
import { randomUUID } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { AccountRef } from '#domain/core/account.ts';
import { fail } from '#domain/core/failures.ts';
import { type Removal, subjectOf } from '#domain/core/ownership.ts';
import type { SlotAnswer, SlotRequest, SlotsSpec } from '#domain/core/slots.ts';
import { quotaWorkflowId } from '#domain/core/workflow-ids.ts';
import type { ActivityDeps } from '../deps.ts';
import { describeRun, requireOwnQueue } from './own-queue.ts';
import { queueByKey } from './queue-by-key.ts';

/** How often one batch is asked again, under its own update id, before its callers' activities are tried anew. */
const SEND_TRIES = 3;

interface Where {
  readonly account: AccountRef;
  /** H */
  readonly environment: string;
  /** The one that this worker polls: the allocator runs beside the launch. */
  readonly taskQueue: string;
}

const allocatorOf = ({ account: { accountId, region }, environment }: Where): string =>
  quotaWorkflowId(accountId, region, environment);

export const slotActivities = ({ temporal, timing }: ActivityDeps) => {
  const send = async (where: Where, requests: readonly SlotRequest[]): Promise<SlotAnswer[]> => {
    const { account, environment, taskQueue } = where;
    const workflowId = allocatorOf(where);
    requireOwnQueue(await describeRun(temporal, workflowId), workflowId, taskQueue);
    const updateId = randomUUID();
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await temporal.workflow.executeUpdateWithStart('slots', {
          args: [requests],
          updateId,
          startWorkflowOperation: new WithStartWorkflowOperation('quotaAllocator', {
            workflowId,
            taskQueue,
            args: [{ account, timing, holders: [] }],
            workflowIdConflictPolicy: 'USE_EXISTING',
            staticSummary: `places of ${environment} in the quotas of ${account.accountId} in ${account.region}`,
          }),
        });
      } catch (error) {
        if (attempt < SEND_TRIES) continue;
        throw fail('Unavailable', 'the quota allocator did not answer', {}, error as Error);
      }
    }
  };

  const queue = queueByKey<Where, SlotRequest, SlotAnswer>(allocatorOf, send);
  const ask = ({ account, owner: { environment } }: SlotsSpec, request: SlotRequest) =>
    queue({ account, environment, taskQueue: activityInfo().taskQueue }, request);

  const request = (
    { account, owner, names }: SlotsSpec,
    kind: SlotRequest['kind'],
    by: SlotRequest['by'],
  ): SlotRequest => ({
    kind,
    by,
    account,
    subject: subjectOf(owner),
    run: owner.run,
    names,
  });

  return {
    /** @throws QuotaExceeded with the numbers, before anything was made. */
    async reserveSlots(spec: SlotsSpec): Promise<void> {
      const answer = await ask(spec, request(spec, 'acquire', 'run'));
      if (!answer.granted) throw fail(answer.code, answer.detail, { holders: answer.holders });
    },

    /** From now on its subject holds the places of these names and no others: an update is over. */
    async ensureSlotsSettled(spec: SlotsSpec): Promise<void> {
      await ask(spec, request(spec, 'settle', 'owner'));
    },

    /** Gives back what this run took (`run`) or whatever the owner holds. Not held is success. */
    async releaseSlots(spec: SlotsSpec, { by }: Removal): Promise<void> {
      await ask(spec, request(spec, 'release', by));
    },
  };
};
