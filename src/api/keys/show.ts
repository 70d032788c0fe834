/** A key holder as operators see it: which keys there are, and which tasks hold them. */
import { parseSubjectId } from '#domain/core/subject.ts';
import { KEY_HOLDER_RECORDS } from '#domain/keys/record.ts';
import { statusOf } from '#domain/keys/status.ts';
import { ApiProblem } from '../problems.ts';
import type { KeyDeps } from './holder.ts';

/** More tasks than that are only counted as "more". */
const LEASES_SHOWN = 100;

export const noSuchHolder = (): ApiProblem => new ApiProblem('NotFound', 'there is no such key holder');

/** @throws NotFound */
export const createShowKeyHolder =
  ({ control, environment, now }: Pick<KeyDeps, 'control' | 'environment' | 'now'>) =>
  async (id: string) => {
    const subject = parseSubjectId('key-holder', id);
    const found =
      subject?.environment === environment ? await control.records(KEY_HOLDER_RECORDS).read(subject) : undefined;
    if (!subject || !found) throw noSuchHolder();
    const { holder, keys, former, updatedAt } = found.record;
    const shown = keys.map(async ({ id: keyId, state, createdAt, expiresAt }) => {
      const leases = await control.leases.live(subject, keyId, LEASES_SHOWN);
      return {
        ...{ id: keyId, state, createdAt, expiresAt },
        status: statusOf({ state, createdAt, expiresAt }, now()),
        tasks: leases.map(({ task, takenAt, until }) => ({ task, takenAt, until })),
      };
    });
    return {
      id,
      user: holder.userId,
      role: holder.role,
      keys: await Promise.all(shown),
      former: [...former],
      updatedAt,
    };
  };

export type ShowKeyHolder = ReturnType<typeof createShowKeyHolder>;
