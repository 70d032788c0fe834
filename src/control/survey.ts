/** All records of an environment at a glance, for who counts them: only those that have changed since the last look are read. */
import { anyRecords, type NamingRecord } from '#domain/core/record.ts';
import { SUBJECT_KINDS, type SubjectKind } from '#domain/core/subject.ts';
import { recordsPrefix } from './keys.ts';
import type { Objects } from './objects.ts';

export interface Surveyed {
  readonly kind: SubjectKind;
  readonly phase: string;
  /** ISO times at which the keys that it hands out were made. */
  readonly keysMade: readonly string[];
  /** Something of it is not as it was made. */
  readonly isUnhealthy: boolean;
}

export type Survey = (environment: string) => Promise<readonly Surveyed[]>;

const READ_AT_ONCE = 16;

interface Known {
  readonly etag: string;
  readonly surveyed: Surveyed | undefined;
}

export const createSurvey = (objects: Pick<Objects, 'list' | 'read'>): Survey => {
  let known: ReadonlyMap<string, Known> = new Map();

  return async (environment) => {
    const now = new Map<string, Known>();
    for (const kind of SUBJECT_KINDS) {
      const prefix = recordsPrefix(kind, environment);
      for (let after: string | undefined, more = true; more; ) {
        const listed = await objects.list(prefix, after);
        const pairs = listed.keys.map((key, index) => [key, listed.etags[index] ?? ''] as const);
        for (let at = 0; at < pairs.length; at += READ_AT_ONCE) {
          await Promise.all(
            pairs.slice(at, at + READ_AT_ONCE).map(async ([key, etag]) => {
              const before = known.get(key);
              now.set(
                key,
                before?.etag === etag ? before : { etag, surveyed: surveyOf(kind, await objects.read(key)) },
              );
            }),
          );
        }
        after = listed.keys.at(-1);
        more = listed.more && after !== undefined;
      }
    }
    known = now;
    return [...now.values()].flatMap(({ surveyed }) => (surveyed ? [surveyed] : []));
  };
};

interface Told {
  /** Of a workspace, while it runs. */
  readonly health?: object | null;

  readonly key: { readonly createdAt?: string } | null;
  readonly keys?: readonly { readonly createdAt?: string }[];
}

/** Undefined where it went meanwhile, or holds something of another version. */
const surveyOf = (kind: SubjectKind, stored: { readonly body: string } | undefined): Surveyed | undefined => {
  if (!stored) return undefined;
  const record = anyRecords(kind).parse(JSON.parse(stored.body)) as NamingRecord & Told;
  const { phase, key, keys = [], health } = record;
  const made = [key, ...keys].flatMap((one) => (one?.createdAt ? [one.createdAt] : []));
  const isUnhealthy = phase === 'degraded' || (phase === 'running' && Boolean(health));
  return { kind, phase, keysMade: made, isUnhealthy };
};
