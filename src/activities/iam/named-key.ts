/** The key that the record of a workspace names. It names none that is gone: before such a key goes, its name does. */
import type { Control } from '#control/control.ts';
import { WriteConflict } from '#control/objects.ts';
import { fail } from '#domain/core/failures.ts';
import { anyRecords } from '#domain/core/record.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';

/** Somebody else wrote in between: that often in a row means that something writes without end. */
const WRITE_TRIES = 8;

/** Undefined where the record names none. */
export const namedKey = async (control: Pick<Control, 'records'>, subject: SubjectRef): Promise<string | undefined> =>
  (await control.records(anyRecords(subject.kind)).read(subject))?.record.key?.id;

/** The record names none of these keys any more. */
export const unname = async (
  control: Pick<Control, 'records'>,
  subject: SubjectRef,
  accessKeyIds: readonly string[],
): Promise<void> => {
  const records = control.records(anyRecords(subject.kind));
  for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
    const found = await records.read(subject);
    const named = found?.record.key;
    if (!found || !named || !accessKeyIds.includes(named.id)) return;
    try {
      await records.write({ ...found.record, subject, key: null, updatedAt: new Date().toISOString() }, found.etag);
      return;
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
    }
  }
  throw fail(
    'Unavailable',
    `the record of ${subjectId(subject)} kept changing: gave up after ${WRITE_TRIES} conflicting writes`,
  );
};
