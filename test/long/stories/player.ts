/** One workspace of a story, the moments at which something happens to it, and how its acts end. */

import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { FaultRule, InventoryItem } from 'eyrie-sandbox/client';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { Tenant } from '../../support/eyrie.ts';
import { namesOf } from '../../support/launch-cases.ts';

/** Far more than an act takes with all its retries: past it, something waits for ever. */
const ACT_MS = 300_000;

export type Rule = Pick<FaultRule, 'service' | 'operation' | 'fault'> & Partial<FaultRule>;

export interface Player {
  readonly tenant: Tenant;
  input: ReturnType<Tenant['input']>;
  /** What happened, for whoever reads of a failure. */
  readonly told: string[];
  /** Keys that were handed out. */
  readonly claimed: Set<string>;
  /** The story has one workspace: what happens in the account, happens to it. */
  readonly alone: boolean;
}

export const recordOf = async ({ tenant, input }: Player): Promise<WorkspaceRecord | undefined> =>
  (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))?.record;

/** What exists and is called by one of the workspace's names. */
export const ownOf = (player: Player, inventory: readonly InventoryItem[]): InventoryItem[] => {
  const { environment, escapedUser } = player.input.workspace;
  const { clientUser } = namesOf(player.input);
  return inventory.filter(
    ({ tags, type, details }) =>
      tags['eyrie:workspace'] === `${environment}.${escapedUser}` ||
      (type === 'AWS::IAM::AccessKey' && details.userName === clientUser),
  );
};

const within = async <T>(what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end`)), ACT_MS);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

/** How it ended, in a word. @throws for an end that no operator could make sense of */
export const endOf = async (what: string, result: Promise<unknown>): Promise<string> => {
  try {
    await within(what, result);
    return 'done';
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const cause = error.cause as (Error & { type?: string }) | undefined;
    return cause?.type ?? cause?.constructor.name ?? 'failed';
  }
};

/** The number of the last call so far: what is waited for comes after it. */
export const lastCall = async ({ tenant }: Player): Promise<number> =>
  (await tenant.account.journal()).at(-1)?.seq ?? 0;

/**
 * The moment at which the account was called `count` times after `since`, whatever the machine's speed. Comes, too, when
 * the run ended before. True where it came in time.
 */
export const atCall = async (
  player: Player,
  handle: WorkflowHandle,
  since: number,
  count: number,
): Promise<boolean> => {
  const until = Date.now() + ACT_MS;
  for (;;) {
    const calls = await player.tenant.account.journal(since);
    if (calls.length >= count) return true;
    if ((await handle.describe()).status.name !== 'RUNNING') return false;
    if (Date.now() > until) throw new Error(`there were ${calls.length} calls and no ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
