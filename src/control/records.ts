/** Records of subjects of one kind: one object each, created with If-None-Match and written with If-Match. They hold no secret. */
import { fail } from '#domain/core/failures.ts';
import type { AnyRecord, RecordCodec } from '#domain/core/record.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { recordKey, recordsPrefix } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

/** What was disposed of stays visible for 30 days. */
export const DISPOSED_KEPT_MS = 30 * 24 * 60 * 60_000;

/** More would make one answer slow; a page that found fewer has a cursor all the same. */
const SCANNED_MAX = 1_000;
const READ_AT_ONCE = 16;
const LIMIT_MAX = 100;

export interface StoredRecord<Body> {
  readonly record: Body;
  readonly etag: string;
}

export interface RecordQuery<Body> {
  readonly environment: string;
  /** Only the subject of this name. Default: all. */
  readonly name?: string | undefined;
  /** Only records for which it is true. Default: all. */
  readonly fits?: ((record: Body) => boolean) | undefined;
  /** As the page before gave it. */
  readonly cursor?: string | undefined;
  /** 1 to 100. */
  readonly limit: number;
}

export interface RecordPage<Body> {
  readonly items: readonly StoredRecord<Body>[];
  /** Null on the last page. A page may hold fewer than `limit` and have a next one. */
  readonly nextCursor: string | null;
}

export interface NamedQuery<Body> extends RecordQuery<Body> {
  /** Names that have a place in the list whether or not there is a record of them. */
  readonly named: readonly string[];
}

export interface NamedPage<Body> extends Pick<RecordPage<Body>, 'nextCursor'> {
  /** `record`: undefined where there is none of this name. */
  readonly items: readonly { readonly name: string; readonly record: Body | undefined }[];
}

export type Records<Body extends AnyRecord> = ReturnType<typeof createRecords<Body>>;

export const createRecords = <Body extends AnyRecord>(
  objects: Objects,
  { kind, parse }: RecordCodec<Body>,
  now: () => number,
) => {
  type Stored = StoredRecord<Body>;

  const isForgotten = ({ disposedAt }: Body): boolean =>
    disposedAt !== null && now() - Date.parse(disposedAt) > DISPOSED_KEPT_MS;

  const readAt = async (key: string): Promise<(Stored & { forgotten: boolean }) | undefined> => {
    const stored = await objects.read(key);
    if (!stored) return undefined;
    const record = parse(JSON.parse(stored.body));
    return { record, etag: stored.etag, forgotten: isForgotten(record) };
  };

  const readLive = async (key: string): Promise<Stored | undefined> => {
    const stored = await readAt(key);
    return stored && !stored.forgotten ? { record: stored.record, etag: stored.etag } : undefined;
  };

  /** The next few keys in their order: those of records, and those that are asked for besides. */
  const keysAfter = async (prefix: string, after: string | undefined, besides: readonly string[]) => {
    const { keys, more } = await objects.list(prefix, after, READ_AT_ONCE);
    const end = more ? keys.at(-1) : undefined;
    const between = besides.filter((key) => (after === undefined || key > after) && (end === undefined || key <= end));
    const all = [...new Set([...keys, ...between])].sort();
    return { keys: all.slice(0, READ_AT_ONCE), more: more || all.length > READ_AT_ONCE };
  };

  type Found = readonly [key: string, stored: Stored | undefined];

  const walk = async ({ environment, name, named, fits, cursor, limit }: NamedQuery<Body>) => {
    const most = Math.min(Math.max(limit, 1), LIMIT_MAX);
    const prefix = name === undefined ? recordsPrefix(kind, environment) : recordKey({ kind, environment, name });
    const nameOf = new Map(named.map((one) => [recordKey({ kind, environment, name: one }), one]));
    const besides = [...nameOf.keys()].filter((key) => key.startsWith(prefix));

    const items: { name: string; stored: Stored | undefined }[] = [];
    let after = cursor === undefined ? undefined : parseCursor(cursor, prefix);
    for (let scanned = 0; scanned < SCANNED_MAX; ) {
      const { keys, more } = await keysAfter(prefix, after, besides);
      const found = await Promise.all(keys.map(async (key): Promise<Found> => [key, await readLive(key)]));
      for (const [key, stored] of found) {
        after = key;
        const itsName = stored?.record.subject.name ?? nameOf.get(key);
        if (itsName === undefined || (stored && fits?.(stored.record) === false)) continue;
        items.push({ name: itsName, stored });
        const last = !more && key === keys.at(-1);
        if (items.length === most) return { items, nextCursor: last ? null : renderCursor(after) };
      }
      scanned += keys.length;
      if (!more || keys.length === 0) return { items, nextCursor: null };
    }
    return { items, nextCursor: renderCursor(after) };
  };

  /** A page in the order of the names. @throws Invalid for a cursor that no page gave. */
  const list = async (query: RecordQuery<Body>): Promise<RecordPage<Body>> => {
    const { items, nextCursor } = await walk({ ...query, named: [] });
    return { items: items.flatMap(({ stored }) => stored ?? []), nextCursor };
  };

  return {
    list,

    /** The same with names of which there need not be a record. */
    async listNamed(query: NamedQuery<Body>): Promise<NamedPage<Body>> {
      const { items, nextCursor } = await walk(query);
      return { items: items.map(({ name, stored }) => ({ name, record: stored?.record })), nextCursor };
    },

    /** All that fit. It reads each record of the kind. */
    async all(query: Omit<RecordQuery<Body>, 'cursor' | 'limit'>): Promise<Body[]> {
      const found: Body[] = [];
      let cursor: string | undefined;
      do {
        const page = await list({ ...query, cursor, limit: LIMIT_MAX });
        found.push(...page.items.map(({ record }) => record));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return found;
    },

    /** Undefined where there is none, or it was disposed of more than 30 days ago. */
    async read(of: SubjectRef): Promise<Stored | undefined> {
      return readLive(recordKey(of));
    },

    /** Its ETag. @throws WriteConflict where there is one already: read it. */
    async create(record: Body): Promise<string> {
      const key = recordKey(record.subject);
      const body = JSON.stringify(record);
      try {
        return await objects.create(key, body);
      } catch (error) {
        const old = error instanceof WriteConflict ? await readAt(key) : undefined;
        if (!old?.forgotten) throw error;
        return objects.replace(key, body, old.etag);
      }
    },

    /** Its new ETag. @throws WriteConflict where it was written since it was read: read it again. */
    async write(record: Body, etag: string): Promise<string> {
      return objects.replace(recordKey(record.subject), JSON.stringify(record), etag);
    },
  };
};

const renderCursor = (key: string | undefined): string => Buffer.from(key ?? '').toString('base64url');

const parseCursor = (cursor: string, prefix: string): string => {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (!key.startsWith(prefix) || renderCursor(key) !== cursor) {
    throw fail('Invalid', 'the cursor is not valid for this list', {
      problems: [{ pointer: '/cursor', detail: 'send the nextCursor of the previous page unchanged' }],
    });
  }
  return key;
};
