/** The record of a key holder as its workflow writes it: it is the only one that does. */
import { WriteConflict } from '#control/objects.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { fail } from '#domain/failures.ts';
import type { HolderInput } from '#domain/keys/input.ts';
import { firstHolderRecord, type HolderChange, KEY_HOLDER_RECORDS, type KeyHolderRecord } from '#domain/keys/record.ts';
import type { ActivityDeps } from '../deps.ts';

/** A write of our own whose answer was lost may be met once; more than that means two writers. */
const WRITE_TRIES = 8;

export const holderRecordActivities = ({ control }: Pick<ActivityDeps, 'control'>) => {
  const records = control.records(KEY_HOLDER_RECORDS);

  const update = async (
    subject: SubjectRef,
    next: (found: KeyHolderRecord | undefined) => KeyHolderRecord | undefined,
  ): Promise<KeyHolderRecord | undefined> => {
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

  return {
    /** Where the holder's IAM user is, is written before the first call to AWS. @throws Conflict where it is in another account */
    async openKeyHolder(holder: HolderInput): Promise<KeyHolderRecord> {
      const first = firstHolderRecord(holder, new Date().toISOString());
      const record = await update(first.subject, (found) => {
        if (!found) return first;
        const was = found.holder.account.accountId;
        if (found.keys.length > 0 && was !== holder.account.accountId) {
          throw fail(
            'Conflict',
            `${found.id} holds keys in account ${was}: delete them before it holds keys elsewhere`,
          );
        }
        return JSON.stringify(found.holder) === JSON.stringify(holder) ? undefined : { ...found, holder };
      });
      return record ?? first;
    },

    async changeKeyHolder(subject: SubjectRef, change: HolderChange): Promise<void> {
      await update(subject, (found) => found && { ...found, ...change, updatedAt: new Date().toISOString() });
    },
  };
};
