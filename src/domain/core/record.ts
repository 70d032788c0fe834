/** Records of subjects, as far as they are alike: one JSON object each in the control bucket. They hold no secret. */
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

/** What may be asked of a record, and taken from it, without knowing its kind. All versions say it alike. */
export interface NamingRecord extends AnyRecord {
  readonly phase: string;
  /** The access key that it names. */
  readonly key: { readonly accessKeyId: string } | null;
  readonly updatedAt: string;
}

/** Leaves the rest as it was written, in whatever version. A record that names no subject yet is written with it. */
export const anyRecords = (kind: SubjectKind): RecordCodec<NamingRecord> => ({
  kind,
  parse: (stored) => stored as NamingRecord,
});
