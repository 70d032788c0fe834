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

/** A worker looks at AWS meanwhile. */
const WAIT_MS = 20_000;

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
    try {
      return await client.withDeadline(Date.now() + WAIT_MS, () =>
        client.workflow.executeUpdateWithStart<Workflow, readonly SlotVerdict[], [SlotNames]>(SLOT_VERDICT_UPDATE, {
          args: [names],
          updateId: randomUUID(),
          startWorkflowOperation: new WithStartWorkflowOperation('quotaAllocator', {
            workflowId: quotaWorkflowId(accountId, region, environment),
            taskQueue,
            args: [{ account, timing, holders: [] }],
            workflowIdConflictPolicy: 'USE_EXISTING',
            staticSummary: `places of ${environment} in the quotas of ${accountId} in ${region}`,
          }),
        }),
      );
    } catch (error) {
      return fromTemporal(error);
    }
  };
