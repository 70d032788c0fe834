/**
 * IAM, control bucket and TES of key holders in a few maps, as the activities that a holder's workflow asks. A test can
 * break the line at any call, before its effect or after it; from there on nothing works until it is mended.
 */
import { Context } from '@temporalio/activity';
import { fail } from '#domain/core/failures.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { HolderInput } from '#domain/keys/input.ts';
import { newestOf, type SeenKeys, SLOTS } from '#domain/keys/moves.ts';
import { firstHolderRecord, type HolderChange, type HolderKey, type KeyHolderRecord } from '#domain/keys/record.ts';
import type { AccessKeySpec, UserSpec } from '#domain/resources/identity.ts';

export type Break = 'before' | 'after';

interface FakeKey {
  active: boolean;
  readonly createdAt: string;
  readonly user: string;
}

export const fakeKeys = () => {
  const records = new Map<string, KeyHolderRecord>();
  const users = new Set<string>();
  const iam = new Map<string, FakeKey>();
  const sealed = new Set<string>();
  const claimed = new Set<string>();
  const leases = new Map<string, string>();
  const calls: string[] = [];
  const intents = new Set<string>();
  /** Deleted keys that IAM lists still. */
  const lingering = new Map<string, FakeKey>();
  let serial = 0;
  let breaks: { at: number; how: Break } | undefined;
  let isBroken = false;

  const virtualNow = (): number => Context.current().info.currentAttemptScheduledTimestampMs;
  const keyOf = ({ environment, name }: SubjectRef): string => `${environment}/${name}`;
  const ofUser = (user: string) => [...iam].filter(([, key]) => key.user === user);

  const fakes = {
    records,
    iam,
    sealed,
    claimed,
    leases,
    calls,
    intents,
    users,
    /** IAM lists what was deleted, until it is told otherwise. */
    lingers: false,
    /** Called after every effect. */
    after: (): void => undefined,
    /** The nth call from now goes wrong, and so does all that follows, until it is mended. */
    breakAt: (at: number, how: Break): void => {
      breaks = { at: calls.length + at, how };
    },
    /** Did it come so far? */
    mend: (): boolean => {
      const was = isBroken;
      breaks = undefined;
      isBroken = false;
      return was;
    },
    keysOf: (name: string): readonly HolderKey[] =>
      [...records.values()].find(({ subject }) => subject.name === name)?.keys ?? [],
    newest: (name: string) => newestOf(fakes.keysOf(name)),
    /** One that works, and can be opened. */
    forwardable: (name: string): HolderKey | undefined =>
      newestOf(fakes.keysOf(name).filter(({ id }) => sealed.has(id) && iam.get(id)?.active)),
    usersKeys: (user: string): string[] => ofUser(user).map(([id]) => id),
  };

  const effects = {
    openKeyHolder: async (holder: HolderInput): Promise<KeyHolderRecord> => {
      const first = firstHolderRecord(holder, new Date(virtualNow()).toISOString());
      const found = records.get(keyOf(first.subject)) ?? first;
      records.set(keyOf(first.subject), found);
      return found;
    },
    changeKeyHolder: async (subject: SubjectRef, change: HolderChange): Promise<void> => {
      const found = records.get(keyOf(subject));
      if (found) records.set(keyOf(subject), { ...found, ...change });
    },
    observeHolderKeys: async ({ userName }: AccessKeySpec, keys: readonly HolderKey[]): Promise<SeenKeys> => ({
      keys,
      listed: [...ofUser(userName), ...(fakes.lingers ? lingering : [])].map(
        ([accessKeyId, { active, createdAt }]) => ({ accessKeyId, active, createdAt }),
      ),
      sealed: [...sealed],
      leased: [...leases.values()],
      strays: [],
    }),
    findUnclaimedKeys: async (_spec: AccessKeySpec, keys: readonly HolderKey[]): Promise<string[]> =>
      keys.map(({ id }) => id).filter((id) => sealed.has(id) && !claimed.has(id)),
    claimEnvironment: async () => undefined,
    ensurePolicy: async () => ({ arn: 'arn:aws:iam::123456789012:policy/p' }),
    ensureUser: async ({ name }: UserSpec) => void users.add(name),
    ensureAccessKey: async ({ userName, owner }: AccessKeySpec) => {
      // A try whose answer was lost has left an orphan: that goes first, as in the real one.
      const mine = [...iam].find(([id]) => id.endsWith(owner.run));
      if (mine) iam.delete(mine[0]);
      if (ofUser(userName).length >= SLOTS) throw fail('QuotaExceeded', 'IAM refuses a third key');
      serial += 1;
      const accessKeyId = `AKIA${serial}-${owner.run}`;
      const createdAt = new Date(virtualNow()).toISOString();
      iam.set(accessKeyId, { active: true, createdAt, user: userName });
      sealed.add(accessKeyId);
      intents.add(owner.run);
      return { accessKeyId, createdAt, earlier: [] };
    },
    deleteKeyIntent: async ({ owner }: AccessKeySpec) => void intents.delete(owner.run),
    awaitAccessKeyUsable: async (_spec: AccessKeySpec, id: string): Promise<void> => {
      if (!iam.get(id)?.active) throw fail('Denied', `${id} is refused`);
    },
    deleteHolderKey: async (_spec: AccessKeySpec, id: string): Promise<void> => {
      const key = iam.get(id);
      if (key) lingering.set(id, key);
      iam.delete(id);
      sealed.delete(id);
      claimed.delete(id);
    },
    deactivateAccessKeys: async ({ userName }: AccessKeySpec): Promise<void> => {
      for (const [, key] of ofUser(userName)) key.active = false;
    },
    deleteUser: async ({ name }: UserSpec): Promise<void> => {
      if (ofUser(name).length > 0) throw fail('Conflict', 'IAM deletes no user that has keys');
      users.delete(name);
    },
    deletePolicy: async () => undefined,
    deleteHolderTraces: async () => void sealed.clear(),
    deleteKeyTraces: async (_spec: AccessKeySpec, id: string) => void sealed.delete(id),
  };

  const run = async (name: keyof typeof effects, args: never[]): Promise<unknown> => {
    calls.push(name);
    const hits = breaks !== undefined && calls.length >= breaks.at;
    const isFirst = hits && !isBroken;
    if (hits) isBroken = true;
    const how = breaks?.how;
    if (hits && !(isFirst && how === 'after')) throw fail('Denied', `${name} was told to fail`);
    const result = await (effects[name] as (...all: never[]) => Promise<unknown>)(...args);
    fakes.after();
    if (isFirst) throw fail('Denied', `the answer of ${name} was lost`);
    return result;
  };

  const activities = Object.fromEntries(
    Object.keys(effects).map((name) => [name, (...args: never[]) => run(name as keyof typeof effects, args)]),
  );
  return Object.assign(fakes, { activities });
};
