/** Users' storage for tests: built, and its workflows started as the API starts them. */
import { randomUUID } from 'node:crypto';
import type { AccountRef } from '#domain/core/account.ts';
import { environmentOf } from '#domain/core/escaping.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type {
  DeleteInput,
  SetUpInput,
  StorageInput,
  StorageMemo,
  StorageRemovalMode,
  StorageSettings,
} from '#domain/storage/input.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { deleteStorage } from '../../src/workflows/storage/delete.ts';
import type { setUpStorage } from '../../src/workflows/storage/set-up.ts';
import type { Rig } from './workflow-rig.ts';
import { TIMING } from './workspace-runs.ts';

const HOSTNAME = 'brh.data-commons.org';

export interface StorageOverrides {
  readonly user?: string;
  readonly username?: string | null;
  readonly account?: AccountRef;
  readonly settings?: Partial<StorageSettings>;
  readonly arborist?: boolean;
}

const ACCOUNT: AccountRef = { accountId: '123456789012', region: 'us-east-1', roleArn: null, externalId: null };

/** Nothing is wrong with it, but for what a test says. */
export const aStorage = (overrides: StorageOverrides = {}): StorageInput => {
  const { user = randomUUID().slice(0, 8), username = 'jane', account = ACCOUNT, arborist = false } = overrides;
  const environment = environmentOf(HOSTNAME);
  return {
    user,
    username,
    hostname: HOSTNAME,
    environment,
    bucket: `gen3wf-${environment}-${user}`,
    account,
    settings: {
      expirationDays: 30,
      nonCurrentDays: 3,
      abortUploadsDays: 7,
      versioning: false,
      kms: true,
      corsOrigins: [`https://${HOSTNAME}`],
      ...overrides.settings,
    },
    arborist,
  };
};

const memoOf = ({ user, username, bucket, account }: StorageInput, fingerprint: string | null) => {
  const memo: StorageMemo = {
    ...{ user, username, bucket, fingerprint },
    account: account.accountId,
    region: account.region,
    requestedBy: 'someone',
  };
  return { ...memo };
};

const aSetUp = (storage: StorageInput): SetUpInput => ({
  storage,
  setUpId: randomUUID(),
  fingerprint: 'f',
  requestedBy: 'someone',
  timing: TIMING,
});

export const startSetUp = async (rig: Rig, storage: StorageInput, input: SetUpInput = aSetUp(storage)) =>
  rig.watch(
    await rig.client.workflow.start<typeof setUpStorage>('setUpStorage', {
      workflowId: subjectWorkflowId(storageSubject(storage)),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: memoOf(storage, input.fingerprint),
    }),
  );

export const startRemoval = async (rig: Rig, storage: StorageInput, mode: StorageRemovalMode) => {
  const input: DeleteInput = { storage, mode, requestedBy: 'someone', timing: TIMING };
  return rig.watch(
    await rig.client.workflow.start<typeof deleteStorage>('deleteStorage', {
      workflowId: subjectWorkflowId(storageSubject(storage)),
      taskQueue: rig.taskQueue,
      args: [input],
      memo: memoOf(storage, null),
    }),
  );
};
