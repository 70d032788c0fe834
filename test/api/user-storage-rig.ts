/** Users' storage in the API's rig: its set-up played by the test. */
import { type StorageOperations, setUpOf } from '#api/user-storage/kind.ts';
import { createUserStorage } from '#api/user-storage/user-storage.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { S3Error } from '#s3/errors.ts';
import { apiRig, ENVIRONMENT, OWN_ACCOUNT, TOKENS } from './rig.ts';

const SETTINGS = {
  ...{ expirationDays: 30, nonCurrentDays: 3, abortUploadsDays: 2, versioning: true, kms: true },
  corsOrigins: [],
};

/** Persons alone have storage. */
const PERSONS: Readonly<Record<string, string>> = {
  [TOKENS.alice]: 'alice',
  [TOKENS.bob]: 'bob',
  [TOKENS.operator]: 'olga',
};

const personOf = async (bearer: string) => {
  const userId = PERSONS[bearer];
  if (userId === undefined) throw new S3Error('AccessDenied', 'a service client names the user behind its token');
  return { userId, kind: 'token' as const, bucket: `gen3wf-localhost-${userId}`, clientId: undefined };
};

const MINTED = {
  ...{
    accessKeyId: 'K',
    secretAccessKey: 's',
    sessionToken: 't',
    expiration: new Date(),
    rights: ['read'],
    prefix: '',
  },
};

/** @param ending aborted, nobody is waited for. Default: never. */
export const userStorageRig = (ending?: AbortSignal) => {
  const rig = apiRig({
    ...(ending && { ending }),
    storage: ({ control, workflows }) => ({
      mint: {
        check: async (bearer: string) => {
          if (!Object.values(TOKENS).includes(bearer as never)) throw new S3Error('InvalidAccessKeyId');
        },
        identify: personOf,
        permit: personOf,
        mint: async (bearer: string) => ({ ...(await personOf(bearer)), ...MINTED }),
        revoke: async () => undefined,
      } as never,
      setup: {} as never,
      region: 'us-east-1',
      endpoint: () => 'https://eyrie.example.org/s3',
      users: createUserStorage({
        operations: workflows as unknown as StorageOperations,
        records: control.records,
        ...{ hostname: 'localhost', environment: ENVIRONMENT, region: 'us-east-1' },
        ownAccountId: async () => OWN_ACCOUNT,
        settings: SETTINGS,
        arborist: false,
        bucketExists: async () => false,
        timing: DEFAULT_TIMING,
        ...{ waitMs: 0, everyMs: 1 },
      }),
    }),
  });

  /** A set-up of theirs is in progress. */
  const begun = async (user: string): Promise<string> => {
    const account = { accountId: OWN_ACCOUNT, region: 'us-east-1', roleArn: null, externalId: null };
    const named = { user, username: user, hostname: 'localhost', environment: ENVIRONMENT };
    const storage = { ...named, bucket: `gen3wf-localhost-${user}`, account, settings: SETTINGS, arborist: false };
    const operations = rig.workflows as unknown as StorageOperations;
    await operations.start(
      setUpOf({ storage, setUpId: 's', fingerprint: 'f', requestedBy: `user:${user}`, timing: DEFAULT_TIMING }),
    );
    return `${ENVIRONMENT}.${user}`;
  };

  return { ...rig, begun };
};
