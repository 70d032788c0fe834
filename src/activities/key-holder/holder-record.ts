/** The record of a key holder as its workflow writes it: it is the only one that does. */

import { updating } from '#control/update-record.ts';
import { fail } from '#domain/core/failures.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { HolderInput } from '#domain/keys/input.ts';
import { firstHolderRecord, type HolderChange, KEY_HOLDER_RECORDS, type KeyHolderRecord } from '#domain/keys/record.ts';
import type { ActivityDeps } from '../deps.ts';

export const holderRecordActivities = ({ control }: Pick<ActivityDeps, 'control'>) => {
  const update = updating(control.records(KEY_HOLDER_RECORDS));

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
      await update(subject, (found) => {
        if (!found) return undefined;
        const updatedAt = new Date().toISOString();
        const disposedAt = change.phase === 'removed' ? (found.disposedAt ?? updatedAt) : null;
        return { ...found, ...change, updatedAt, disposedAt };
      });
    },
  };
};
