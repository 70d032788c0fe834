/** The API's storage routes on the real workflows, in an account of the sandbox of its own, with an Arborist of ours. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { TestContext } from 'vitest';
import { createArboristAdmin } from '#activities/arborist/client.ts';
import { createBucketExists } from '#api/user-storage/bucket-exists.ts';
import type { StorageKind } from '#api/user-storage/kind.ts';
import { createUserStorage } from '#api/user-storage/user-storage.ts';
import { createUsernameOf } from '#api/user-storage/username.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createArborist } from '#s3/identity/arborist.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createIdentities } from '#s3/identity/identities.ts';
import { createSessionMint } from '#s3/identity/mint.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import { createOperations } from '#temporal/operations.ts';
import { memoryEpochStore } from '../s3/support/epoch-store.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { type FakeArborist, startFakeArborist } from '../support/fake-arborist.ts';
import { TIMING } from '../support/workspace-runs.ts';
import { AUTH, apiRig, ENVIRONMENT, sign, TOKENS, verificationKey } from './rig.ts';

/** A client that acts for users. */
const CLIENT = 'tes';

export interface StorageHost {
  readonly eyrie: EyrieHost;
  readonly arborist: FakeArborist;
  readonly close: () => Promise<void>;
}

export const openStorageHost = async (): Promise<StorageHost> => {
  const arborist = await startFakeArborist();
  const eyrie = await openEyrie({ arborist: createArboristAdmin(arborist.url) });
  return {
    eyrie,
    arborist,
    close: async () => {
      await eyrie.close();
      arborist.stop();
    },
  };
};

export interface StorageRigOptions {
  readonly withArborist?: boolean;
  readonly waitMs?: number;
  readonly now?: () => number;
  readonly kms?: boolean;
}

/** A control bucket is the host's; users' buckets are in a fresh account. */
export const storageRig = async (t: TestContext, host: StorageHost, options: StorageRigOptions = {}) => {
  const { withArborist = false, waitMs = 20_000, now = Date.now, kms = true } = options;
  const { account, control, rig } = await host.eyrie.tenant(t);
  const verifyToken = createTokenVerifier({ ...AUTH, keys: async () => verificationKey });
  const sessionKeys = createSessionKeys([{ version: 0, secret: Buffer.alloc(32, 7) }]);
  const epochs = createEpochs(memoryEpochStore(), Date.now);
  // Names of buckets are unique in the world, and so in the sandbox: the host name tells whose test it is.
  const hostname = `test-${account.id}.example.org`;
  const identities = createIdentities({ verifyToken, hostname, delegates: [CLIENT], sessionKeys, epochs });
  const mint = createSessionMint({
    ...{ keys: sessionKeys, epochs, tokens: identities.tokens, now: Date.now },
    ...(withArborist && { arborist: createArborist(host.arborist.url) }),
  });
  const s3 = new S3Client({ ...account.client });
  const users = createUserStorage({
    operations: createOperations<StorageKind>(rig.client, rig.taskQueue),
    records: control.records,
    hostname,
    environment: `${ENVIRONMENT}-${account.id}`,
    region: 'us-east-1',
    ownAccountId: async () => account.id,
    settings: {
      ...{ expirationDays: 30, nonCurrentDays: 3, abortUploadsDays: 7, versioning: false, kms },
      corsOrigins: [`https://${hostname}`],
    },
    arborist: withArborist,
    bucketExists: createBucketExists(classified(s3), async () => account.id),
    timing: TIMING,
    waitMs,
    everyMs: 50,
    now,
  });
  const { app } = apiRig({
    storage: {
      mint,
      setup: { ensureBucket: async () => Promise.reject(new Error('of another server')) },
      users,
      usernameOf: createUsernameOf(verifyToken),
      region: 'us-east-1',
      endpoint: () => 'https://commons.example/s3',
    },
  });
  const call = async (token: string | null, method: string, path: string) => {
    const answer = await app.request(path, {
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  const bucketOf = (user: string) => `gen3wf-${hostname.replaceAll('.', '-')}-${user}`;
  const idOf = (user: string) => `${ENVIRONMENT}-${account.id}.${user}`;
  const client = await sign({ azp: CLIENT });
  return {
    ...{ account, s3, users, call, bucketOf, idOf, arborist: host.arborist, rig, control },
    tokens: {
      ...TOKENS,
      nameless: await sign({ sub: 'alice' }),
      clientFor: (user: string) => `${client};userId=${user}`,
    },
    squat: async (user: string) => {
      const other = (await host.eyrie.tenant()).account;
      await new S3Client(other.client).send(new CreateBucketCommand({ Bucket: bucketOf(user) }));
    },
  };
};

/** Codes as Eyrie's own clients have them. */
const classified = (s3: S3Client): Pick<S3Client, 'send'> =>
  ({
    send: async (command: never) => {
      const { classify } = await import('#aws/errors.ts');
      try {
        return await s3.send(command);
      } catch (error) {
        throw classify(error, { operation: 's3:HeadBucket', write: false });
      }
    },
  }) as never;
