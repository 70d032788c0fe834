/** Asks the quota allocator of an account what there is and whether something would find a place. Takes none. */
import { randomUUID } from 'node:crypto';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { AccountRef } from '#domain/core/account.ts';
import type { SlotNames, SlotVerdict } from '#domain/core/slots.ts';
import type { Timing } from '#domain/core/timing.ts';
import { SLOT_VERDICT_UPDATE } from '#domain/core/wire-names.ts';
import { quotaWorkflowId } from '#domain/core/workflow-ids.ts';
import { fromTemporal } from './rpc-errors.ts';

/** A worker that is there takes the question up within this: whoever asks is not to wait for one that is not. */
const TAKEN_UP_MS = 5_000;
/** It looks at AWS meanwhile. */
const COUNTED_MS = 20_000;

export interface QuotaQuestion {
  readonly account: AccountRef;
  /** H */
  readonly environment: string;
  readonly names: SlotNames;
}

/** @throws Unavailable where no worker answers in time; what AWS says where it can't be asked */
export type AskQuota = (question: QuotaQuestion) => Promise<readonly SlotVerdict[]>;

export const createAskQuota =
  (client: Client, taskQueue: string, timing: Timing): AskQuota =>
  async ({ account, environment, names }) => {
    const { accountId, region } = account;
    const within = <T>(ms: number, call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ms, call);
    try {
      const question = await within(TAKEN_UP_MS, () =>
        client.workflow.startUpdateWithStart<Workflow, readonly SlotVerdict[], [SlotNames, AccountRef]>(
          SLOT_VERDICT_UPDATE,
          {
            args: [names, account],
            updateId: randomUUID(),
            waitForStage: 'ACCEPTED',
            startWorkflowOperation: new WithStartWorkflowOperation('quotaAllocator', {
              workflowId: quotaWorkflowId(accountId, region, environment),
              taskQueue,
              args: [{ account, timing, holders: [] }],
              workflowIdConflictPolicy: 'USE_EXISTING',
              staticSummary: `places of ${environment} in the quotas of ${accountId} in ${region}`,
            }),
          },
        ),
      );
      return await within(COUNTED_MS, () => question.result());
    } catch (error) {
      return fromTemporal(error);
    }
  };
