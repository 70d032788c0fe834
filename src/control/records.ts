/** Records of workspaces: one object each, created with If-None-Match and written with If-Match. They hold no secret. */
import type { SubjectRef } from '#domain/core/subject.ts';
import { fail } from '#domain/failures.ts';
import { escapeUser } from '#domain/names.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { Phase } from '#domain/workspace/view.ts';
import { recordKey, recordsPrefix } from './keys.ts';
import { type Objects, WriteConflict } from './objects.ts';

/** A disposed workspace stays visible for 30 days. */
export const DISPOSED_KEPT_MS = 30 * 24 * 60 * 60_000;

/** More would make one answer slow; a page that found fewer has a cursor all the same. */
const SCANNED_MAX = 1_000;
const READ_AT_ONCE = 16;
const LIMIT_MAX = 100;

export interface StoredRecord {
  readonly record: WorkspaceRecord;
  readonly etag: string;
}

export interface RecordQuery {
  readonly environment: string;
  readonly phase?: Phase | undefined;
  /** Raw name: only workspaces of this user. */
  readonly user?: string | undefined;
  /** As the page before gave it. */
  readonly cursor?: string | undefined;
  /** 1 to 100. */
  readonly limit: number;
}

export interface RecordPage {
  readonly items: readonly StoredRecord[];
  /** Null on the last page. A page may hold fewer than `limit` and have a next one. */
  readonly nextCursor: string | null;
}

export type Records = ReturnType<typeof createRecords>;

export const createRecords = (objects: Objects, now: () => number) => {
  const isForgotten = ({ disposedAt }: WorkspaceRecord): boolean =>
    disposedAt !== null && now() - Date.parse(disposedAt) > DISPOSED_KEPT_MS;

  const readAt = async (key: string): Promise<(StoredRecord & { forgotten: boolean }) | undefined> => {
    const stored = await objects.read(key);
    if (!stored) return undefined;
    const record = JSON.parse(stored.body) as WorkspaceRecord;
    return { record, etag: stored.etag, forgotten: isForgotten(record) };
  };

  const readLive = async (key: string): Promise<StoredRecord | undefined> => {
    const stored = await readAt(key);
    return stored && !stored.forgotten ? { record: stored.record, etag: stored.etag } : undefined;
  };

  return {
    /** Undefined where there is none, or it was disposed of more than 30 days ago. */
    async read(of: SubjectRef): Promise<StoredRecord | undefined> {
      return readLive(recordKey(of));
    },

    /** Its ETag. @throws WriteConflict where there is one already: read it. */
    async create(record: WorkspaceRecord): Promise<string> {
      const key = recordKey(workspaceSubject(record.workspace));
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
    async write(record: WorkspaceRecord, etag: string): Promise<string> {
      return objects.replace(recordKey(workspaceSubject(record.workspace)), JSON.stringify(record), etag);
    },

    /** A page in the order of the escaped names. @throws Invalid for a cursor that no page gave. */
    async list({ environment, phase, user, cursor, limit }: RecordQuery): Promise<RecordPage> {
      const most = Math.min(Math.max(limit, 1), LIMIT_MAX);
      const prefix =
        user === undefined
          ? recordsPrefix('workspace', environment)
          : recordKey(workspaceSubject({ environment, escapedUser: escapeUser(user) }));
      const fits = ({ record }: StoredRecord): boolean =>
        (phase === undefined || record.phase === phase) && (user === undefined || record.workspace.user === user);

      const items: StoredRecord[] = [];
      let after = cursor === undefined ? undefined : parseCursor(cursor, prefix);
      for (let scanned = 0; scanned < SCANNED_MAX; ) {
        const { keys, more } = await objects.list(prefix, after, READ_AT_ONCE);
        const found = await Promise.all(keys.map(readLive));
        for (const [index, stored] of found.entries()) {
          after = keys[index];
          if (!stored || !fits(stored)) continue;
          items.push(stored);
          const last = !more && index === keys.length - 1;
          if (items.length === most) return { items, nextCursor: last ? null : renderCursor(after) };
        }
        scanned += keys.length;
        if (!more || keys.length === 0) return { items, nextCursor: null };
      }
      return { items, nextCursor: renderCursor(after) };
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
