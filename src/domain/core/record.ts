/** Records of subjects, as far as they are alike: one JSON object each in the control bucket. They hold no secret. */
import type { AccessKey } from './access-key.ts';
import type { Leftover } from './failures.ts';
import type { ErrorView, InterventionView, OperationView, ResourceView, StepView } from './operation.ts';
import type { SubjectKind, SubjectRef } from './subject.ts';

/** What every record says, whatever its kind. */
export interface AnyRecord {
  readonly subject: SubjectRef;
  /** ISO time; a record is forgotten some time after it. */
  readonly disposedAt: string | null;
}

/** The record of a subject of any kind that operations work on: what it is, and how the last of them went. */
export interface OperationRecord<Phase extends string = string, Type extends string = string> extends AnyRecord {
  readonly id: string;
  readonly phase: Phase;
  /** The phase to return to when an operation ends without effect; null where there was nothing. */
  readonly phaseBefore: Phase | null;
  readonly operation: OperationView<Type> | null;
  readonly steps: readonly StepView[];
  /** What people asked of the last operation while it ran. Absent from records of before it was kept. */
  readonly interventions?: readonly InterventionView[];
  readonly resources: readonly ResourceView[];
  readonly error: ErrorView | null;
  readonly leftovers: readonly Leftover[];
  /** Runs that failed and left something, the earliest first. */
  readonly unfinished: readonly string[];
  /** Run id of the last operation that opened the record: a later run that failed never came so far. */
  readonly heard?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
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
