/**
 * The record of a key holder: one JSON object in the control bucket, `key-holders/<H>/<holder>.json`. Only the holder's
 * workflow writes it. It holds no secret.
 */
import type { AccessKey, AccessKeyState } from '../core/access-key.ts';
import type { AnyRecord, RecordCodec } from '../core/record.ts';
import { subjectId } from '../core/subject.ts';
import type { HolderInput } from './input.ts';
import { keyHolderSubject } from './subject.ts';

export interface HolderKey extends AccessKey {
  /** The call that it was made for; null where it was there before. */
  readonly request: string | null;
}

/** A key that is gone. */
export interface FormerKey {
  readonly id: string;
  readonly removedAt: string;
  readonly why: string;
}

export const HOLDER_PHASES = ['ready', 'removing', 'removed'] as const;

/** `removing`: its keys are given to nobody, and whoever comes next goes on with it. `removed`: the next call makes it anew. */
export type HolderPhase = (typeof HOLDER_PHASES)[number];

/** The removal under way, or the last one. */
export interface HolderRemoval {
  readonly requestedBy: string;
  readonly requestedAt: string;
  /** Although tasks hold its keys. */
  readonly force: boolean;
  /** ISO time of the last change before it: until IAM lists all that, "not found" is not believed. */
  readonly unsureSince: string;
}

export interface KeyHolderRecord extends AnyRecord {
  readonly version: 1;
  readonly id: string;
  readonly phase: HolderPhase;
  readonly holder: HolderInput;
  /** In the order in which they were made. */
  readonly keys: readonly HolderKey[];
  /** The latest first; the last ten. */
  readonly former: readonly FormerKey[];
  /** The IAM user carries the holder's tags: without them its keys are not Eyrie's to delete. */
  readonly userReady: boolean;
  readonly removal: HolderRemoval | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const FORMER_MAX = 10;

export const firstHolderRecord = (holder: HolderInput, at: string): KeyHolderRecord => {
  const subject = keyHolderSubject(holder.environment, holder.userId, holder.role);
  return {
    version: 1,
    subject,
    id: subjectId(subject),
    phase: 'ready',
    holder,
    keys: [],
    former: [],
    userReady: false,
    removal: null,
    createdAt: at,
    updatedAt: at,
    disposedAt: null,
  };
};

export const KEY_HOLDER_RECORDS: RecordCodec<KeyHolderRecord> = {
  kind: 'key-holder',
  parse(stored) {
    const record = stored as KeyHolderRecord;
    if (record.version !== 1) {
      throw new Error('a newer version of Eyrie has written this record of a key holder: update this one');
    }
    // Those that were written before holders could be removed say neither.
    return { ...record, phase: record.phase ?? 'ready', removal: record.removal ?? null };
  },
};

/** What a workflow writes. */
export type HolderChange = Pick<KeyHolderRecord, 'keys' | 'former' | 'userReady' | 'phase' | 'removal'>;

export const changeOf = ({ keys, former, userReady, phase, removal }: HolderChange): HolderChange => ({
  ...{ keys, former, userReady, phase, removal },
});

export const withKey = (change: HolderChange, key: HolderKey): HolderChange => ({
  ...change,
  keys: [...change.keys.filter(({ id }) => id !== key.id), key],
});

export const withState = (change: HolderChange, id: string, is: Partial<HolderKey>): HolderChange => ({
  ...change,
  keys: change.keys.map((key) => (key.id === id ? { ...key, ...is } : key)),
});

export const withoutKey = (change: HolderChange, gone: FormerKey): HolderChange => ({
  ...change,
  keys: change.keys.filter(({ id }) => id !== gone.id),
  former: [gone, ...change.former].slice(0, FORMER_MAX),
});

/** Still to be given to somebody, or in somebody's hands, and working. */
export const isLive = ({ state, expiresAt }: Pick<AccessKey, 'state' | 'expiresAt'>, now: number): boolean =>
  LIVE.includes(state) && (expiresAt === null || Date.parse(expiresAt) > now);

const LIVE: readonly AccessKeyState[] = ['made', 'active'];
