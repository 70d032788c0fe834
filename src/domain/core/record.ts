/** Records of subjects, as far as they are alike: one JSON object each in the control bucket. They hold no secret. */
import type { AccessKey } from './access-key.ts';
import type { SubjectKind, SubjectRef } from './subject.ts';

/** What every record says, whatever its kind. */
export interface AnyRecord {
  readonly subject: SubjectRef;
  /** ISO time; a record is forgotten some time after it. */
  readonly disposedAt: string | null;
}

/** How the records of one kind are read. */
export interface RecordCodec<Body extends AnyRecord> {
  readonly kind: SubjectKind;
  /** From JSON that was written in this version or an earlier one. @throws Error for a later one */
  parse(stored: unknown): Body;
}

/** What may be asked of a record, and taken from it, without knowing its kind. */
export interface NamingRecord extends AnyRecord {
  readonly phase: string;
  /** The access key that it hands out. */
  readonly key: Pick<AccessKey, 'id'> | null;
  readonly updatedAt: string;
}

/** Version 1 of a workspace's record named its key in another way; a kind may have none. */
const storedKey = (
  key: Pick<AccessKey, 'id'> | { readonly accessKeyId: string } | null | undefined,
): Pick<AccessKey, 'id'> | null => (key && 'accessKeyId' in key ? { id: key.accessKeyId } : (key ?? null));

/** Leaves the rest as it was written, in whatever version. A record that names no subject yet is written with it. */
export const anyRecords = (kind: SubjectKind): RecordCodec<NamingRecord> => ({
  kind,
  parse: (stored) => {
    const record = stored as NamingRecord;
    return { ...record, key: storedKey(record.key) };
  },
});
