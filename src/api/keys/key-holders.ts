/** Key holders as operators see and remove them: which keys there are, and which tasks hold them. */
import { randomUUID } from 'node:crypto';
import type { Records } from '#control/records.ts';
import { codeOf } from '#domain/core/failures.ts';
import { parseSubjectId, type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { type KeyHolderInput, REMOVE_HOLDER, type RemoveHolder } from '#domain/keys/input.ts';
import { type HolderPhase, type HolderRemoval, KEY_HOLDER_RECORDS, type KeyHolderRecord } from '#domain/keys/record.ts';
import { statusOf } from '#domain/keys/status.ts';
import type { HolderRole } from '#domain/keys/subject.ts';
import { ApiProblem } from '../problems.ts';
import type { KeyDeps } from './holder.ts';

/** More tasks than that are not shown. */
const LEASES_SHOWN = 100;

export interface ShownKey {
  readonly id: string;
  readonly state: KeyHolderRecord['keys'][number]['state'];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** `expired`, or how long it still works. */
  readonly status: string;
}

export interface KeyHolderItem {
  readonly id: string;
  readonly user: string;
  readonly role: HolderRole;
  readonly phase: HolderPhase;
  readonly keys: ShownKey[];
  readonly updatedAt: string;
}

export interface KeyHolderView extends KeyHolderItem {
  readonly keys: (ShownKey & { readonly tasks: { task: string; takenAt: string; until: string }[] })[];
  readonly former: { id: string; removedAt: string; why: string }[];
  readonly removal: Omit<HolderRemoval, 'unsureSince'> | null;
}

export interface KeyHolderQuery {
  readonly phase?: HolderPhase | undefined;
  readonly cursor?: string | undefined;
  /** 1 to 100. */
  readonly limit: number;
}

export interface KeyHolders {
  /** @throws NotFound */
  show(id: string): Promise<KeyHolderView>;
  list(query: KeyHolderQuery): Promise<{ readonly items: KeyHolderItem[]; readonly nextCursor: string | null }>;
  /**
   * With its IAM user, its policy and all its keys. Not `done`: it takes longer than a caller may be kept waiting, or
   * something was not to be had; another call goes on with it.
   * @throws NotFound; KeyInUse where tasks hold a key and it is not forced
   */
  remove(id: string, asked: RemoveHolder): Promise<{ readonly done: boolean; readonly holder: KeyHolderView }>;
}

export const noSuchHolder = (): ApiProblem => new ApiProblem('NotFound', 'there is no such key holder');

type Deps = Pick<KeyDeps, 'ask' | 'control' | 'environment' | 'settings' | 'timing' | 'now'>;

export const createKeyHolders = (deps: Deps): KeyHolders => {
  const { control, environment, settings, timing, now } = deps;
  const records: Pick<Records<KeyHolderRecord>, 'read' | 'list'> = control.records(KEY_HOLDER_RECORDS);

  const find = async (id: string): Promise<KeyHolderRecord> => {
    const subject = parseSubjectId('key-holder', id);
    const found = subject?.environment === environment ? await records.read(subject) : undefined;
    if (!found) throw noSuchHolder();
    return found.record;
  };

  const itemOf = ({ id, holder, phase, keys, updatedAt }: KeyHolderRecord): KeyHolderItem => ({
    ...{ id, user: holder.userId, role: holder.role, phase, updatedAt },
    keys: keys.map(({ id, state, createdAt, expiresAt }) => ({
      ...{ id, state, createdAt, expiresAt },
      status: statusOf({ state, createdAt, expiresAt }, now()),
    })),
  });

  const tasksOf = async (subject: SubjectRef, accessKeyId: string) => {
    const leases = await control.leases.live(subject, accessKeyId, LEASES_SHOWN);
    return leases.map(({ task, takenAt, until }) => ({ task, takenAt, until }));
  };

  const viewOf = async (record: KeyHolderRecord): Promise<KeyHolderView> => {
    const { subject, former, removal } = record;
    const { requestedBy, requestedAt, force } = removal ?? {};
    const item = itemOf(record);
    return {
      ...item,
      keys: await Promise.all(item.keys.map(async (key) => ({ ...key, tasks: await tasksOf(subject, key.id) }))),
      former: [...former],
      removal: requestedBy && requestedAt ? { requestedBy, requestedAt, force: force === true } : null,
    };
  };

  /** Where the record says that it is, which need not be where the configuration would have it today. */
  const ask = ({ subject, holder }: KeyHolderRecord, arg: RemoveHolder): Promise<void> =>
    deps.ask<void>({
      ...{ subject, workflowType: 'keyHolder', input: { holder, settings, timing } satisfies KeyHolderInput },
      ...{ update: REMOVE_HOLDER, arg, updateId: `${REMOVE_HOLDER}-${randomUUID()}` },
      summary: `keys of ${subjectId(subject)}`,
    });

  return {
    show: async (id) => viewOf(await find(id)),

    async list({ phase, ...page }) {
      const fits = (record: KeyHolderRecord): boolean => phase === undefined || record.phase === phase;
      const { items, nextCursor } = await records.list({ environment, fits, ...page });
      return { items: items.map(({ record }) => itemOf(record)), nextCursor };
    },

    async remove(id, asked) {
      const late = await ask(await find(id), asked).then(
        () => undefined,
        (error: unknown) => error ?? new Error('no answer'),
      );
      const record = await find(id);
      if (late !== undefined && (codeOf(late) !== 'Unavailable' || record.phase !== 'removing')) throw late;
      return { done: record.phase === 'removed', holder: await viewOf(record) };
    },
  };
};
