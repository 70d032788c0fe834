/** The daily look: who holds keys, and having those looked after of whose keys something is due. */
import { activityInfo } from '@temporalio/activity';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { aheadOf, type HolderOutcome } from '#domain/keys/expiry.ts';
import { type KeyHolderInput, type KeySettings, LOOK_AFTER_KEYS, type LookAfterKeys } from '#domain/keys/input.ts';
import { nextMove } from '#domain/keys/moves.ts';
import { planKeyHolder } from '#domain/keys/plan.ts';
import { KEY_HOLDER_RECORDS } from '#domain/keys/record.ts';
import { ask } from '#temporal/ask.ts';
import type { ActivityDeps } from '../deps.ts';
import { holderKeyActivities } from './holder-keys.ts';

const PAGE = 100;

/** Under the 30 s that an activity has. What takes longer goes on by itself. */
const WAIT_MS = 20_000;

export interface LookAfter {
  readonly subject: SubjectRef;
  /** ISO time that decides. */
  readonly at: string;
  readonly settings: KeySettings;
}

export const expiryActivities = (deps: ActivityDeps) => {
  const { control, temporal, timing } = deps;
  const records = control.records(KEY_HOLDER_RECORDS);
  const { observeHolderKeys } = holderKeyActivities(deps);

  const lookAfter = async ({ subject, at, settings }: LookAfter): Promise<HolderOutcome> => {
    const found = await records.read(subject);
    if (!found) return { type: 'nothing' };
    const { holder, keys, phase } = found.record;
    if (phase === 'removed') return { type: 'nothing' };
    const { lifetimeMs } = settings;
    const due: LookAfterKeys = { at, aheadMs: holder.role === 'system' ? aheadOf(lifetimeMs) : 0 };
    const seen = await observeHolderKeys(planKeyHolder(holder).key('any'), keys);
    const rules = {
      ...{ role: holder.role, at: Date.parse(at), lifetimeMs, aheadMs: due.aheadMs },
      unseenMs: timing.propagationMs,
      countsAgain: () => true,
    };
    // Nobody has asked for this user's system keys yet, or they were all taken: the next task makes one.
    if (phase === 'ready' && keys.length === 0 && seen.listed.length === 0 && seen.strays.length === 0)
      return { type: 'nothing' };
    if (phase !== 'removing' && !nextMove(seen, rules)) return { type: 'nothing' };
    await ask<void>(
      {
        subject,
        workflowType: 'keyHolder',
        input: { holder, settings, timing } satisfies KeyHolderInput,
        update: LOOK_AFTER_KEYS,
        arg: due,
        updateId: `${LOOK_AFTER_KEYS}-${at}-${activityInfo().attempt}`,
        summary: `keys of ${subjectId(subject)}`,
      },
      { client: temporal, taskQueue: activityInfo().taskQueue, waitMs: WAIT_MS },
    );
    return { type: 'changed' };
  };

  return {
    async findKeyHolders(
      environment: string,
      cursor: string | null,
    ): Promise<{ readonly holders: readonly SubjectRef[]; readonly nextCursor: string | null }> {
      const page = await records.list({ environment, limit: PAGE, ...(cursor !== null && { cursor }) });
      return { holders: page.items.map(({ record }) => record.subject), nextCursor: page.nextCursor };
    },

    /** Looks, and asks the holder's workflow where something is due. One holder's failure is an answer: others follow. */
    async ensureKeysLookedAfter(input: LookAfter): Promise<HolderOutcome> {
      try {
        return await lookAfter(input);
      } catch (error) {
        return { type: 'failed', why: error instanceof Error ? error.message : String(error) };
      }
    },
  };
};
