/** What can be done with the keys of a holder, each as steps that may break off anywhere and be gone on with. */
import { isCancellation, log, patched, uuid4 } from '@temporalio/workflow';
import type { AccessKey } from '#domain/core/access-key.ts';
import { fail } from '#domain/core/failures.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { CreateKey, DeleteKey, KeyHolderInput, LookAfterKeys, MadeKey, RemoveHolder } from '#domain/keys/input.ts';
import { type Move, nextMove, nextRepair, type Rules, SLOTS, withoutJustRemoved } from '#domain/keys/moves.ts';
import { planKeyHolder } from '#domain/keys/plan.ts';
import {
  changeOf,
  type HolderChange,
  type HolderKey,
  isLive,
  withKey,
  withoutKey,
  withState,
} from '#domain/keys/record.ts';
import { keyHolderSubject } from '#domain/keys/subject.ts';
import { find, look, mutate, record, undo } from '../kernel/calls.ts';
import { registerControls } from '../kernel/controls.ts';
import { Progress } from '../kernel/progress.ts';
import { minutes, nowIso } from '../kernel/step.ts';
import { holderRemoval } from './removal.ts';

/** More than two slots can ever need. */
const MOVES_MAX = 20;

/** A call that has not asked for the secret of its key by then has gone. */
const UNCLAIMED_AFTER_MS = 60_000;

/** For a key that is only looked for, or taken away: which call made it does not matter. */
const ANY_CALL = 'any';

/** What it is asked for, each as a step of its own for who looks on. */
const WORKS = ['create-key', 'delete-key', 'list-keys', 'look-after', 'remove-holder'] as const;

/** Until IAM has spread a key. */
const EXPECTED_MS = minutes(2);

export const holderKeys = (input: KeyHolderInput) => {
  const { holder, settings, timing } = input;
  const plan = planKeyHolder(holder);
  const subject = keyHolderSubject(holder.environment, holder.userId, holder.role);
  const { lifetimeMs, maxKeys } = settings;

  const progress = new Progress({
    ...{ subject, requestedBy: '', phase: 'ready', timing },
    steps: WORKS.map((name) => ({ name })),
    view: (shown, times) => ({ ...shown, ...times }),
  });
  // Nothing here waits without end: a caller does, and what is left undone is done at the next look.
  progress.bounded = true;
  registerControls(progress, () => undefined, []);

  const working = <T>(what: (typeof WORKS)[number], work: () => Promise<T>): Promise<T> =>
    progress.execute(progress.of(what), EXPECTED_MS, 'make', work);

  /** A removal that broke off is gone on with first: what comes after it begins anew. */
  const open = async (): Promise<HolderChange> => {
    const found = changeOf(await record.openKeyHolder(holder));
    return found.phase === 'removing' ? await removal.finish(found) : found;
  };

  const write = async (change: HolderChange): Promise<HolderChange> => {
    await record.changeKeyHolder(subject, change);
    return change;
  };

  const ensureUser = async (before: HolderChange): Promise<HolderChange> => {
    // What is there stands in the record before it is made.
    const state = before.phase === 'removed' ? await write({ ...before, phase: 'ready' }) : before;
    if (!state.userReady) await mutate.claimEnvironment(plan.user);
    const { arn } = await mutate.ensurePolicy(plan.policy, '');
    await mutate.ensureUser(plan.user, [arn]);
    return state.userReady ? state : await write({ ...state, userReady: true });
  };

  const make = async (before: HolderChange, request: string | null): Promise<{ state: HolderChange; id: string }> => {
    const state = await ensureUser(before);
    const spec = plan.key(uuid4());
    const { accessKeyId: id, createdAt } = await mutate.ensureAccessKey(spec);
    const made: HolderKey = { id, state: 'made', createdAt, expiresAt: endOf(createdAt), request };
    const after = await write(withKey(state, made));
    await undo.deleteKeyIntent(spec);
    return { state: after, id };
  };

  /** One that does not come to work goes, so that its place is free for another try. */
  const prove = async (state: HolderChange, id: string): Promise<HolderChange> => {
    try {
      await look.awaitAccessKeyUsable(plan.key(ANY_CALL), id);
    } catch (error) {
      if (!isCancellation(error)) await remove(state, id, 'it did not come to work');
      throw error;
    }
    // Its life is counted from when it is given out: what it was waited for is not taken from the tasks.
    const expiresAt = holder.role === 'system' ? endOf(nowIso()) : undefined;
    return await write(withState(state, id, { state: 'active', ...(expiresAt && { expiresAt }) }));
  };

  const remove = async (before: HolderChange, id: string, why: string): Promise<HolderChange> => {
    let state = before.userReady ? before : await ensureUser(before);
    // From here on it is given to nobody, and a removal that breaks off is gone on with.
    if (state.keys.some((key) => key.id === id && key.state !== 'retiring')) {
      state = await write(withState(state, id, { state: 'retiring' }));
    }
    await undo.deleteHolderKey(plan.key(ANY_CALL), id);
    log.info('an access key was deleted', { holder: subjectId(subject), accessKeyId: id, why });
    return await write(withoutKey(state, { id, removedAt: nowIso(), why }));
  };

  const removal = holderRemoval(input, { write, ensureUser, removeKey: remove });

  const perform = async (state: HolderChange, move: Move): Promise<HolderChange> => {
    switch (move.type) {
      case 'adopt':
        return await write({ ...withKey(state, move.key), phase: 'ready' });
      case 'note':
        return await write(withState(state, move.id, { state: move.state }));
      case 'drop':
        await undo.deleteKeyTraces(plan.key(ANY_CALL), move.id);
        return await write(withoutKey(state, { id: move.id, removedAt: nowIso(), why: move.why }));
      case 'forget':
        await undo.deleteKeyTraces(plan.key(ANY_CALL), move.id);
        return state;
      case 'remove':
        return await remove(state, move.id, move.why);
      case 'prove':
        return await prove(state, move.id);
      case 'make':
        return (await make(state, null)).state;
    }
  };

  const endOf = (from: string): string => new Date(Date.parse(from) + lifetimeMs).toISOString();

  const rulesAt = (at: string, aheadMs = 0): Rules => ({
    role: holder.role,
    at: Date.parse(at),
    lifetimeMs,
    aheadMs,
    unseenMs: timing.propagationMs,
    countsAgain: () => patched('a key that was switched on again counts'),
  });

  /** Until all is as it should be. */
  const settle = async (before: HolderChange, rules: Rules, decide: typeof nextMove): Promise<HolderChange> => {
    let state = before;
    let isMade = false;
    for (let moves = 0; moves < MOVES_MAX; moves += 1) {
      const seen = await find.observeHolderKeys(plan.key(ANY_CALL), state.keys);
      const move = decide(withoutJustRemoved(seen, state.former, { ...rules, now: Date.now() }), rules);
      // Once a key was made, what else may be due is for the next look: a time that is ahead of the clock makes one, not many.
      if (!move || (isMade && move.type !== 'prove')) return state;
      isMade ||= move.type === 'make';
      state = await perform(state, move);
    }
    throw fail('Unavailable', `the keys of ${subjectId(subject)} kept changing: gave up after ${MOVES_MAX} changes`);
  };

  return {
    /** @throws QuotaExceeded where the user has as many live keys as they may */
    create: ({ request }: CreateKey): Promise<MadeKey> =>
      working('create-key', async () => {
        let state = await settle(await open(), rulesAt(nowIso()), nextMove);
        const now = Date.now();
        const live = state.keys.filter((key) => isLive(key, now));
        const again = live.find((key) => key.request === request);
        if (again) return { accessKeyId: again.id };
        if (live.length >= maxKeys) {
          const old = live.filter(({ createdAt }) => Date.parse(createdAt) < now - UNCLAIMED_AFTER_MS);
          const [spare] = await find.findUnclaimedKeys(plan.key(ANY_CALL), old);
          if (spare === undefined) throw fail('QuotaExceeded', tooMany(live.length));
          await write(withState(state, spare, { request }));
          return { accessKeyId: spare };
        }
        const dead = state.keys.find((key) => !isLive(key, now));
        if (dead && state.keys.length >= SLOTS) state = await remove(state, dead.id, 'it did not work any more');
        const made = await make(state, request);
        await prove(made.state, made.id);
        return { accessKeyId: made.id };
      }),

    /** @throws NotFound */
    remove: ({ accessKeyId }: DeleteKey): Promise<void> =>
      working('delete-key', async () => {
        const state = await settle(await open(), rulesAt(nowIso()), nextRepair);
        if (!state.keys.some(({ id }) => id === accessKeyId)) {
          throw fail('NotFound', `there is no key ${accessKeyId}`);
        }
        await remove(state, accessKeyId, 'it was revoked');
      }),

    list: (): Promise<readonly AccessKey[]> =>
      working('list-keys', async () => {
        const { keys } = await settle(await open(), rulesAt(nowIso()), nextRepair);
        return keys.map(({ id, state, createdAt, expiresAt }) => ({ id, state, createdAt, expiresAt }));
      }),

    /** What has expired goes; a system key is replaced in time. */
    lookAfter: ({ at, aheadMs }: LookAfterKeys): Promise<void> =>
      working('look-after', async () => {
        const found = changeOf(await record.openKeyHolder(holder));
        // Nobody has asked for another key yet.
        if (found.phase === 'removing') await removal.finish(found);
        else await settle(found, rulesAt(at, aheadMs), nextMove);
      }),

    /** Removed already is success. @throws KeyInUse where tasks hold its keys and it is not forced */
    removeHolder: (asked: RemoveHolder): Promise<void> =>
      working('remove-holder', async () => {
        const found = await record.openKeyHolder(holder);
        if (found.phase !== 'removed') await removal.begin(found, asked);
      }),
  };
};

const tooMany = (count: number): string =>
  `the user has ${count} ${count === 1 ? 'key' : 'keys'} already: delete one first`;
