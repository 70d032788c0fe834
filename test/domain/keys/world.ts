/** IAM, record, seals and leases of one holder in a few maps, and what the workflow does to them, call by call. */
import { type ListedKey, type Move, nextMove, type Rules, type SeenKeys, SLOTS } from '#domain/keys/moves.ts';
import { type HolderChange, type HolderKey, withKey, withoutKey, withState } from '#domain/keys/record.ts';

export const LIFE_MS = 30 * 86_400_000;

export class Crash extends Error {}

export interface KeyWorld {
  now: number;
  readonly iam: Map<string, { readonly active: boolean; readonly createdAt: number }>;
  readonly sealed: Set<string>;
  /** By key, the tasks with the end of their lease. */
  readonly leases: Map<string, Map<string, number>>;
  readonly keys: () => readonly HolderKey[];
  /** Called before each call: throws to break off there. */
  before: (call: string) => void;
  /** Called after each call. */
  after: () => void;
  readonly seen: () => SeenKeys;
  /** Until nothing is to be done, or a call breaks off. */
  readonly run: (aheadMs: number, at?: number) => void;
  /** The newest that works and can be opened. */
  readonly forwardable: () => HolderKey | undefined;
}

export const keyWorld = (): KeyWorld => {
  const iam: KeyWorld['iam'] = new Map();
  const sealed = new Set<string>();
  const leases = new Map<string, Map<string, number>>();
  let record: HolderChange = { keys: [], former: [], userReady: true, phase: 'ready', removal: null };
  let made = 0;
  const set = (change: HolderChange): void => {
    record = change;
  };

  const world: KeyWorld = {
    now: Date.parse('2026-01-01T00:00:00Z'),
    iam,
    sealed,
    leases,
    keys: (): readonly HolderKey[] => record.keys,
    before: () => undefined,
    after: () => undefined,
    seen: (): SeenKeys => ({
      keys: record.keys,
      listed: [...iam].map(
        ([accessKeyId, { active, createdAt }]): ListedKey => ({
          accessKeyId,
          active,
          createdAt: new Date(createdAt).toISOString(),
        }),
      ),
      sealed: [...sealed],
      leased: [...leases].flatMap(([id, tasks]) =>
        [...tasks.values()].some((until) => until > world.now) ? [id] : [],
      ),
      strays: [...sealed].filter((id) => !iam.has(id) && !record.keys.some((key) => key.id === id)),
    }),
    run(aheadMs: number, at = world.now): void {
      const rules: Rules = { role: 'system', at, lifetimeMs: LIFE_MS, aheadMs, unseenMs: 0, countsAgain: () => true };
      for (let moves = 0; moves < 20; moves += 1) {
        const move = nextMove(world.seen(), rules);
        if (!move) return;
        for (const [name, call] of callsOf(move)) {
          world.before(name);
          call();
          world.after();
        }
      }
      throw new Error('it does not settle');
    },
    forwardable: (): HolderKey | undefined =>
      record.keys
        .filter(({ id, state }) => state === 'active' && sealed.has(id) && iam.get(id)?.active)
        .toSorted((one, other) => Date.parse(one.createdAt) - Date.parse(other.createdAt))
        .at(-1),
  };

  const iso = (ms: number): string => new Date(ms).toISOString();
  const ended = (id: string, why: string) => ({ id, removedAt: iso(world.now), why });

  const callsOf = (move: Move): readonly (readonly [string, () => void])[] => {
    switch (move.type) {
      case 'adopt':
        return [['adopt', () => set(withKey(record, move.key))]];
      case 'drop':
        return [['drop', () => set(withoutKey(record, ended(move.id, move.why)))]];
      case 'forget':
        return [['unseal', () => void sealed.delete(move.id)]];
      case 'note':
        return [['note', () => set(withState(record, move.id, { state: move.state }))]];
      case 'remove':
        return [
          ['retire', () => set(withState(record, move.id, { state: 'retiring' }))],
          [
            'deactivate',
            () => {
              const found = iam.get(move.id);
              if (found) iam.set(move.id, { ...found, active: false });
            },
          ],
          ['delete', () => void iam.delete(move.id)],
          ['unseal', () => void sealed.delete(move.id)],
          ['release', () => void leases.delete(move.id)],
          ['forget', () => set(withoutKey(record, ended(move.id, move.why)))],
        ];
      case 'make': {
        made += 1;
        const id = `AKIA${made}`;
        const createdAt = world.now;
        return [
          [
            'create',
            () => {
              if (iam.size >= SLOTS) throw new Error('IAM refuses a third key');
              iam.set(id, { active: true, createdAt });
            },
          ],
          ['seal', () => void sealed.add(id)],
          [
            'write',
            () => {
              const expiresAt = iso(createdAt + LIFE_MS);
              record = withKey(record, { id, state: 'made', createdAt: iso(createdAt), expiresAt, request: null });
            },
          ],
        ];
      }
      case 'prove':
        return [
          [
            'prove',
            () => {
              const expiresAt = iso(world.now + LIFE_MS);
              record = withState(record, move.id, { state: 'active', expiresAt });
            },
          ],
        ];
    }
  };

  return world;
};
