/** What the API can do with users' storage: set up, empty, delete, show. */
import { createHash, randomUUID } from 'node:crypto';
import type { AccountRef } from '#domain/core/account.ts';
import { canonicalJson } from '#domain/core/canonical-json.ts';
import { escapeUser } from '#domain/core/escaping.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { StorageInput, StorageSettings } from '#domain/storage/input.ts';
import { STORAGE_RECORDS, type StorageRecord } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { ControlStore } from '../ports.ts';
import { type Principal, renderPrincipal } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import type { Locate, Show } from '../subjects/kind.ts';
import { createListSubjects, type ListQuery, type SubjectPage } from '../subjects/list.ts';
import { createLocate } from '../subjects/locate.ts';
import { createRepair, type Repair } from '../subjects/repair.ts';
import { createShow } from '../subjects/show.ts';
import { createTerminate } from '../subjects/terminate.ts';
import {
  type LocatedStorage,
  removalOf,
  type StorageKind,
  type StorageOperations,
  type StorageRun,
  setUpOf,
  storageRules,
} from './kind.ts';
import { createSettle } from './settle.ts';

/** A set-up is believed for so long: then it is converged again. */
const FRESH_MS = 24 * 60 * 60_000;
/** How long a caller is kept waiting. */
const WAIT_MS = 20_000;

export interface UserStorageParts {
  readonly operations: StorageOperations;
  readonly records: ControlStore['records'];
  /** The environment's host name as it is. */
  readonly hostname: string;
  /** H */
  readonly environment: string;
  readonly region: string;
  readonly ownAccountId: () => Promise<string>;
  readonly settings: StorageSettings;
  /** Whether Arborist is told what users may do. */
  readonly arborist: boolean;
  /** Is there a bucket of this name in Eyrie's own account? */
  readonly bucketExists: (bucket: string) => Promise<boolean>;
  readonly timing: Timing;
  /** Default 20,000. */
  readonly waitMs?: number;
  /** Between two looks. Default 500. */
  readonly everyMs?: number;
  /** Milliseconds since the epoch. Default: the clock. */
  readonly now?: () => number;
}

/** For whom, and who asks. */
export interface StorageCaller {
  /** `sub` */
  readonly userId: string;
  readonly username: string | undefined;
  readonly bucket: string;
  readonly requestedBy: string;
}

/** What became of a call: it is done, or in progress as this storage. */
export type Outcome = { readonly done: true } | { readonly done: false; readonly id: string };

export interface UserStorage {
  readonly region: string;
  setUp(caller: StorageCaller): Promise<Outcome>;
  /** @throws NotFound where there is no bucket */
  empty(caller: StorageCaller): Promise<Outcome>;
  /** Returns once it can't be lost any more. @throws NotFound where there is no bucket */
  dispose(caller: StorageCaller): Promise<{ readonly id: string }>;
  /** Undefined where nothing was ever set up, or it was deleted. */
  find(caller: Pick<StorageCaller, 'userId'>): Promise<LocatedStorage | undefined>;
  readonly locate: Locate<StorageKind>;
  readonly show: Show<StorageKind>;
  readonly repair: Repair<StorageKind>;
  /** Users see their own only. */
  list(principal: Principal, query: ListQuery<StorageKind>): Promise<SubjectPage<StorageKind>>;
  /** For an operator: as a user's own call does it. @throws NotFound where there is no bucket */
  emptyOf(located: LocatedStorage, principal: Principal): Promise<Outcome>;
  /** For an operator: as a user's own call does it. */
  disposeOf(located: LocatedStorage, principal: Principal): Promise<void>;
  /** @throws NotFound where there is none, or it is not for this principal to know. */
  authorise(principal: Principal, id: string): Promise<LocatedStorage>;
}

export const createUserStorage = (parts: UserStorageParts): UserStorage => {
  const { operations, environment, region, settings, arborist, timing, now = Date.now } = parts;
  const { waitMs = WAIT_MS, everyMs = 500 } = parts;
  const records = parts.records(STORAGE_RECORDS);
  const rules = storageRules(timing);
  const locate = createLocate({ rules, operations, records, environment });
  const show = createShow({ rules, operations, locate });
  const terminate = createTerminate({ rules, operations, locate });
  const list = createListSubjects({ rules, operations, records, locate, show, environment, nameOf: escapeUser });
  const settle = createSettle({ operations, waitMs, everyMs, now });

  const subjectOf = (user: string): SubjectRef => storageSubject({ environment, user });

  const find = async ({ userId }: Pick<StorageCaller, 'userId'>): Promise<LocatedStorage | undefined> => {
    const located = await locate(subjectId(subjectOf(userId)));
    return located?.user === userId ? located : undefined;
  };

  const inputFor = async ({ userId, username, bucket }: StorageCaller): Promise<StorageInput> => {
    const account: AccountRef = { accountId: await parts.ownAccountId(), region, roleArn: null, externalId: null };
    const { hostname } = parts;
    return { user: userId, username: username ?? null, hostname, environment, bucket, account, settings, arborist };
  };

  /** What was pinned when it was set up; else what the configuration says. */
  const pinnedFor = async (caller: StorageCaller, record: StorageRecord | undefined): Promise<StorageInput> =>
    record && record.phase !== 'deleted' ? record.storage : await inputFor(caller);

  const requireBucket = async ({ bucket }: StorageCaller, isKnown: boolean): Promise<void> => {
    if (isKnown || (await parts.bucketExists(bucket))) return;
    throw new ApiProblem(
      'NotFound',
      `there is no bucket ${bucket}: \`eyrie storage setup\` (GET /storage/setup) makes it`,
    );
  };

  const empty = async (storage: StorageInput, requestedBy: string): Promise<Outcome> => {
    const subject = storageSubject(storage);
    const done = await settle({
      subject,
      user: storage.user,
      isWanted: ({ type }) => type === 'deleteStorage',
      isDone: () => false,
      operation: () => removalOf({ storage, mode: 'empty', requestedBy, timing }),
    });
    return done === 'done' ? { done: true } : { done: false, id: subjectId(subject) };
  };

  return {
    region,
    locate,
    show,
    find,
    repair: createRepair({ rules, operations, terminate }),

    async setUp(caller) {
      const { userId, requestedBy } = caller;
      const storage = await inputFor(caller);
      const subject = subjectOf(userId);
      // A client that acts for the user knows no name of theirs: what the user's own call did is enough.
      const fingerprint = createHash('sha256')
        .update(canonicalJson({ ...storage, username: null }))
        .digest('hex');
      const isFresh = ({ closedAt }: StorageRun): boolean => now() - Date.parse(closedAt ?? '') < FRESH_MS;
      const done = await settle({
        subject,
        user: userId,
        isWanted: ({ type }) => type === 'setUpStorage',
        isDone: (run) =>
          run.type === 'setUpStorage' &&
          run.status === 'COMPLETED' &&
          run.memo.fingerprint === fingerprint &&
          (storage.username === null || run.memo.username === storage.username) &&
          isFresh(run),
        // A bucket that is being emptied can be used.
        isDoneDuring: async ({ phase }) =>
          phase === 'emptying' && (await records.read(subject))?.record.phaseBefore === 'ready',
        operation: () => setUpOf({ storage, setUpId: randomUUID(), fingerprint, requestedBy, timing }),
      });
      return done === 'done' ? { done: true } : { done: false, id: subjectId(subject) };
    },

    async empty(caller) {
      const located = await find(caller);
      await requireBucket(caller, located?.run?.running ?? false);
      return await empty(await pinnedFor(caller, located?.record), caller.requestedBy);
    },

    async emptyOf({ record }, principal) {
      if (!record || record.phase === 'deleted') throw new ApiProblem('NotFound', 'there is no bucket to be emptied');
      return await empty(record.storage, renderPrincipal(principal));
    },

    disposeOf: (located, principal) => terminate(located, 'dispose', renderPrincipal(principal)),

    // Storage goes by the `sub`: a token without one has none.
    list: (principal, query) => list(principal, principal.kind === 'user' ? (principal.sub ?? '') : undefined, query),

    async dispose(caller) {
      const { userId, requestedBy } = caller;
      const located = await find(caller);
      const id = subjectId(subjectOf(userId));
      // What there is beside the bucket, its key, goes even where somebody has deleted the bucket.
      if (located?.run?.running || (located?.record && located.record.phase !== 'deleted')) {
        await terminate(located, 'dispose', requestedBy);
        return { id };
      }
      await requireBucket(caller, false);
      const storage = await inputFor(caller);
      const started = await operations.start(removalOf({ storage, mode: 'dispose', requestedBy, timing }));
      const meanwhile = started ? undefined : await find(caller);
      if (meanwhile) await terminate(meanwhile, 'dispose', requestedBy);
      return { id };
    },

    async authorise(principal, id) {
      const located = await locate(id);
      if (!located || !maySeeStorage(principal, located.user))
        throw new ApiProblem('NotFound', 'there is no such storage');
      return located;
    },
  };
};

/** Users see their own by their `sub`. */
const maySeeStorage = (principal: Principal, user: string): boolean =>
  principal.kind !== 'user' || principal.sub === user;
