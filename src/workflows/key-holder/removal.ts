/**
 * Taking a holder away: its keys are off before the first one goes, then they, the IAM user and its policy, and all that
 * was kept of them. Where it breaks off, the record says so, and whoever comes next goes on with it.
 */
import { log } from '@temporalio/workflow';
import { fail } from '#domain/core/failures.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { KeyHolderInput, RemoveHolder } from '#domain/keys/input.ts';
import { planKeyHolder } from '#domain/keys/plan.ts';
import { changeOf, type HolderChange, type KeyHolderRecord } from '#domain/keys/record.ts';
import { keyHolderSubject } from '#domain/keys/subject.ts';
import { find, undo } from '../kernel/calls.ts';
import { nowIso } from '../kernel/step.ts';

/** What is done with one holder's record and keys by others than the removal, too. */
export interface HolderParts {
  readonly write: (change: HolderChange) => Promise<HolderChange>;
  readonly ensureUser: (state: HolderChange) => Promise<HolderChange>;
  readonly removeKey: (state: HolderChange, id: string, why: string) => Promise<HolderChange>;
}

/** More are only counted. */
const NAMED_MAX = 5;

export const holderRemoval = ({ holder }: KeyHolderInput, { write, ensureUser, removeKey }: HolderParts) => {
  const plan = planKeyHolder(holder);
  const key = plan.key('any');
  const subject = keyHolderSubject(holder.environment, holder.userId, holder.role);

  /** Since the record says that they go, no key is given out: one that no task holds now is one that none ever will. */
  const refuseHeld = async (state: HolderChange, leased: readonly string[]): Promise<void> => {
    if (state.removal?.force === true || leased.length === 0) return;
    await write({ ...state, phase: 'ready', removal: null });
    const more = leased.length > NAMED_MAX ? ' and more' : '';
    throw fail(
      'KeyInUse',
      `tasks hold ${leased.slice(0, NAMED_MAX).join(', ')}${more} of ${subjectId(subject)}: wait until they have ended, or force it`,
    );
  };

  /** @throws KeyInUse; Unavailable and others where AWS refuses something for good */
  const finish = async (before: HolderChange): Promise<HolderChange> => {
    const { listed, leased } = await find.observeHolderKeys(key, before.keys);
    await refuseHeld(before, leased);
    // One of before Eyrie's time carries no tags of its own, without which its keys are not Eyrie's to take.
    let state = before.userReady || listed.length === 0 ? before : await ensureUser(before);
    const removal = { by: 'owner', unsureSince: state.removal?.unsureSince ?? null } as const;
    await undo.deactivateAccessKeys(key, removal);
    const ids = new Set([...state.keys.map(({ id }) => id), ...listed.map(({ accessKeyId }) => accessKeyId)]);
    for (const id of ids) state = await removeKey(state, id, 'its holder was removed');
    await undo.deleteUser(plan.user, removal);
    await undo.deletePolicy(plan.policy, removal);
    await undo.deleteHolderTraces(key);
    log.info('a key holder was removed', { holder: subjectId(subject) });
    return await write({ ...state, keys: [], userReady: false, phase: 'removed' });
  };

  return {
    finish,

    begin: async (record: KeyHolderRecord, { force, requestedBy }: RemoveHolder): Promise<HolderChange> => {
      const unsureSince = record.removal?.unsureSince ?? record.updatedAt;
      const removal = { requestedBy, requestedAt: nowIso(), force, unsureSince };
      return await finish(await write({ ...changeOf(record), phase: 'removing', removal }));
    },
  };
};
