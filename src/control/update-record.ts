/** Writing a record of any kind while others may write it, too. */

import { fail } from '#domain/core/failures.ts';
import type { AnyRecord } from '#domain/core/record.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { WriteConflict } from './objects.ts';
import type { Records } from './records.ts';

/** Somebody else wrote in between: that often in a row means that something writes without end. */
const WRITE_TRIES = 8;

/** Reads, decides and writes until nobody else wrote in between. `next` answers undefined to leave it as it is. */
export const updating =
  <Body extends AnyRecord>(records: Pick<Records<Body>, 'read' | 'create' | 'write'>) =>
  async (subject: SubjectRef, next: (found: Body | undefined) => Body | undefined): Promise<Body | undefined> => {
    for (let tries = 0; tries < WRITE_TRIES; tries += 1) {
      const found = await records.read(subject);
      const record = next(found?.record);
      if (!record) return found?.record;
      try {
        if (found) await records.write(record, found.etag);
        else await records.create(record);
        return record;
      } catch (error) {
        if (!(error instanceof WriteConflict)) throw error;
      }
    }
    throw fail(
      'Unavailable',
      `the record of ${subjectId(subject)} kept changing: gave up after ${WRITE_TRIES} conflicting writes`,
    );
  };
