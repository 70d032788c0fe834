/** The life of a holder's keys, at one call of which something goes wrong, and what has to be true whenever it is looked at. */
import { randomUUID } from 'node:crypto';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import type { JournalEntry } from 'eyrie-sandbox/client';
import { expect, type TestContext } from 'vitest';
import { isFailureCode } from '#domain/core/failures.ts';
import { subjectId, subjectWorkflowId } from '#domain/core/subject.ts';
import { SLOTS } from '#domain/keys/moves.ts';
import type { HolderRole } from '#domain/keys/subject.ts';
import type { Change } from './calls.ts';
import type { EyrieHost } from './eyrie.ts';
import { KEY_LIFE_MS, type KeyHolderRig, keyHolderRig, keysIn, s3As } from './key-holder-rig.ts';
import { until } from './workspace-runs.ts';

/** What goes wrong at a call. `killed`: it is done, and the worker that made it is gone. */
export const TROUBLES = ['denied', 'throttle', 'lost-answer', 'killed', 'cancelled'] as const;
export type Trouble = (typeof TROUBLES)[number];

/** One call of an operation, and whether it changes something. */
export interface HolderCall extends Change {
  readonly mutating: boolean;
}

const later = (lives: number): string => new Date(Date.now() + lives * KEY_LIFE_MS).toISOString();

const BY_OPERATOR = { force: false, requestedBy: 'operator:olga' } as const;

type Stage = (rig: KeyHolderRig) => Promise<unknown>;

/** From its first key to the time when the user is gone. */
const LIVES: Readonly<Record<HolderRole, readonly Stage[]>> = {
  user: [
    ({ userKeys, user }) => userKeys.create(user, null),
    ({ userKeys, user }) => userKeys.create(user, randomUUID()),
    async ({ userKeys, user, recordOf }) => {
      const [first] = (await recordOf('user'))?.keys ?? [];
      if (first) await userKeys.remove(user, first.id);
    },
    ({ lookAfter }) => lookAfter('user', later(1.1)),
    ({ userKeys, user }) => userKeys.create(user, null),
    ({ keyHolders, subjectOf }) => keyHolders.remove(subjectId(subjectOf('user')), BY_OPERATOR),
  ],
  system: [
    ({ systemKeys, user }) => systemKeys.newestForwardable(user.userId),
    ({ lookAfter }) => lookAfter('system', later(0.5)),
    ({ lookAfter }) => lookAfter('system', later(1)),
    ({ keyHolders, subjectOf }) => keyHolders.remove(subjectId(subjectOf('system')), BY_OPERATOR),
  ],
};

/** The calls of a life in which nothing goes wrong. */
export const cleanLife = async (eyrie: EyrieHost, role: HolderRole): Promise<HolderCall[]> => {
  const rig = await keyHolderRig(eyrie);
  const since = (await rig.tenant.account.journal()).at(-1)?.seq ?? 0;
  for (const stage of LIVES[role]) await stage(rig);
  // A removal is answered when it is under way.
  await until('the holder is gone', async () => (await rig.recordOf(role))?.phase === 'removed');
  return callsOf(await rig.tenant.account.journal(since));
};

const callsOf = (journal: readonly JournalEntry[]): HolderCall[] => {
  const seen = new Map<string, number>();
  return journal.map(({ service, operation, mutating }) => {
    const nth = seen.get(`${service}:${operation}`) ?? 0;
    seen.set(`${service}:${operation}`, nth + 1);
    return { service, operation, nth, mutating };
  });
};

/** Makes it go wrong. The answer: what to do while a stage is under way, and whether it came to that. */
const prepare = async (eyrie: EyrieHost, rig: KeyHolderRig, role: HolderRole, trouble: Trouble, call: HolderCall) => {
  const { account } = rig.tenant;
  const { service, operation, nth: skip } = call;
  const came = async (): Promise<boolean> => (await account.faultStates()).some(({ hits }) => hits > 0);
  switch (trouble) {
    case 'killed': {
      const came = eyrie.killAt(account.id, `${service}:${operation}`, skip);
      return { meddle: async () => undefined, came: async () => came() };
    }
    case 'cancelled':
      await account.faults({ service, operation, skip, times: 1, fault: 'slow', delayMs: 300 });
      return {
        meddle: async () => {
          await until('the call came', came);
          await eyrie.rig.client.workflow.getHandle(subjectWorkflowId(rig.subjectOf(role))).cancel();
        },
        came,
      };
    case 'denied':
      await account.faults({ service, operation, skip, times: -1, fault: 'denied' });
      return { meddle: async () => undefined, came };
    case 'throttle':
      await account.faults({ service, operation, skip, times: 3, fault: 'throttle' });
      return { meddle: async () => undefined, came };
    case 'lost-answer':
      await account.faults({ service, operation, skip, times: 1, fault: 'lost-answer' });
      return { meddle: async () => undefined, came };
  }
};

/** True at every instant, whatever has just gone wrong. */
const holds = async ({ tenant, user, recordOf }: KeyHolderRig, role: HolderRole, hadOne: boolean): Promise<void> => {
  const live = await keysIn(tenant);
  expect(live.length).toBeLessThanOrEqual(SLOTS);
  const record = await recordOf(role);
  if (role === 'user' || !hadOne || record?.phase !== 'ready') return;
  // Whoever could give one to a task, still can.
  const givable = (record?.keys ?? []).filter(({ id, state }) => state === 'active' && live.includes(id));
  expect(givable.length, `keys of ${user.userId}`).toBeGreaterThan(0);
};

/** Of a holder that is gone nothing is left but its record. */
const isGone = async ({ tenant, recordOf, subjectOf }: KeyHolderRig, role: HolderRole): Promise<void> => {
  const inIam = (await tenant.inventory()).filter(({ type }) => type.startsWith('AWS::IAM::'));
  expect(inIam).toEqual([]);
  expect(await recordOf(role)).toMatchObject({ phase: 'removed', keys: [], disposedAt: expect.any(String) });
  expect(await tenant.control.seals.list(subjectOf(role))).toEqual([]);
};

/** All that IAM has is known, and all that is known is there. */
const isWhole = async ({ tenant, recordOf, subjectOf }: KeyHolderRig, role: HolderRole): Promise<void> => {
  const known = ((await recordOf(role))?.keys ?? []).map(({ id }) => id).toSorted();
  expect((await keysIn(tenant)).toSorted()).toEqual(known);
  const seals = (await tenant.control.seals.list(subjectOf(role))).map(({ accessKeyId }) => accessKeyId);
  expect(seals.filter((id) => !known.includes(id))).toEqual([]);
};

/** What takes away is bounded in time, and a busy machine takes its time. Only who is refused for good needs an end of it. */
const PATIENT_MS = 20_000;

/** A life in which a call goes wrong: every caller is told so by a code, or nobody notices; afterwards all is as it should be. */
export const outlives = async (
  eyrie: EyrieHost,
  t: TestContext,
  { role, trouble, call }: { readonly role: HolderRole; readonly trouble: Trouble; readonly call: HolderCall },
): Promise<void> => {
  const undoGiveUpMs = trouble === 'denied' ? 2_000 : PATIENT_MS;
  const rig = await keyHolderRig(eyrie, t, { undoGiveUpMs });
  const { tenant, user, userKeys, systemKeys, keyHolders, subjectOf, lookAfter } = rig;
  const { meddle, came } = await prepare(eyrie, rig, role, trouble, call);
  const meddling = meddle();
  meddling.catch(() => undefined); // told where it is awaited
  const refusals: unknown[] = [];
  let hadOne = false;
  for (const stage of LIVES[role]) {
    const failure = await stage(rig).then(
      () => undefined,
      (error: unknown) => error ?? new Error('no answer'),
    );
    if (failure === undefined) hadOne = true;
    else refusals.push((failure as { code?: unknown; type?: unknown }).code ?? (failure as { type?: unknown }).type);
    await holds(rig, role, hadOne);
  }
  await meddling;
  expect(await came()).toBe(true);
  expect(refusals.filter((code) => !isFailureCode(code) || code === 'Unknown')).toEqual([]);
  // What is got over by trying again is told to nobody; that a removal takes its time, is.
  if (trouble === 'throttle') expect(refusals.filter((code) => code !== 'Unavailable')).toEqual([]);
  if (trouble === 'lost-answer' || trouble === 'killed') expect(refusals).toEqual([]);

  await tenant.account.clearFaults();
  // A call that a cancelled run had made may come to an end only now.
  await until('all is as it should be', async () => {
    await lookAfter(role, later(1.1));
    return await isWhole(rig, role).then(
      () => true,
      () => false,
    );
  }).catch(() => isWhole(rig, role));
  const secret = role === 'user' ? await userKeys.create(user, null) : await systemKeys.newestForwardable(user.userId);
  if (!secret) throw new Error('no key');
  await s3As(tenant, secret).send(new HeadBucketCommand({ Bucket: user.bucket }));
  await isWhole(rig, role);
  expect(await keyHolders.remove(subjectId(subjectOf(role)), BY_OPERATOR)).toMatchObject({ done: true });
  await isGone(rig, role);
  const third = (await tenant.account.journal()).filter(({ errorCode }) => errorCode === 'LimitExceeded');
  expect(third).toEqual([]);
};
