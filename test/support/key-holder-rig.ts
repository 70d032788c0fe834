/** A user with a bucket in an account of the sandbox, and their keys as the API deals with them. */
import { randomUUID } from 'node:crypto';
import { IAMClient } from '@aws-sdk/client-iam';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { TestContext } from 'vitest';
import type { KeyDeps } from '#api/keys/holder.ts';
import { createKeyHolders } from '#api/keys/key-holders.ts';
import { createSystemKeys } from '#api/keys/system-keys.ts';
import { createUserKeys } from '#api/keys/user-keys.ts';
import type { AccessKeySecret } from '#control/seals.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { HolderOutcome } from '#domain/keys/expiry.ts';
import { KEY_HOLDER_RECORDS } from '#domain/keys/record.ts';
import { type HolderRole, keyHolderSubject } from '#domain/keys/subject.ts';
import { ask } from '#temporal/ask.ts';
import type { EyrieHost, Tenant } from './eyrie.ts';
import { TIMING } from './workspace-runs.ts';

export const KEY_LIFE_MS = 30 * 86_400_000;
const ENVIRONMENT = 'keys-example-org';
const HOSTNAME = 'keys.example.org';

export type KeyHolderRig = Awaited<ReturnType<typeof keyHolderRig>>;

export const keyHolderRig = async (eyrie: EyrieHost, t?: TestContext, windows: Partial<Timing> = {}) => {
  const tenant = await eyrie.tenant(t);
  const { account, control } = tenant;
  const userId = randomUUID().slice(0, 8);
  const bucket = `gen3wf-${ENVIRONMENT}-${userId}`;
  await new S3Client(account.client).send(new CreateBucketCommand({ Bucket: bucket }));
  const deps: KeyDeps = {
    ask: (question) => ask(question, { client: eyrie.rig.client, taskQueue: eyrie.rig.taskQueue, waitMs: 60_000 }),
    ...{ control, hostname: HOSTNAME, environment: ENVIRONMENT, region: account.region },
    accountId: async () => account.id,
    settings: { lifetimeMs: KEY_LIFE_MS, maxKeys: 2 },
    timing: { ...TIMING, ...windows },
    now: Date.now,
  };
  const subjectOf = (role: HolderRole) => keyHolderSubject(ENVIRONMENT, userId, role);
  const recordOf = async (role: HolderRole) =>
    (await control.records(KEY_HOLDER_RECORDS).read(subjectOf(role)))?.record;
  return {
    ...{ tenant, deps, subjectOf, recordOf },
    user: { userId, bucket },
    keyHolders: createKeyHolders(deps),
    userKeys: createUserKeys(deps),
    systemKeys: createSystemKeys({ ...deps, bucketOf: () => bucket, log: { warn: () => undefined } as never }),
    iam: new IAMClient(account.client),
    iamUser: `gen3wf-${ENVIRONMENT}-${userId}`,
    /** As the daily run does, at this time. Without a record there is nobody to look after. */
    lookAfter: async (role: HolderRole, at = new Date().toISOString()): Promise<void> => {
      const record = await recordOf(role);
      if (!record) return;
      const input = { holder: record.holder, settings: deps.settings, timing: deps.timing };
      await deps.ask<HolderOutcome>({
        ...{ subject: subjectOf(role), workflowType: 'keyHolder', input },
        ...{ update: 'lookAfterKeys', arg: { at, aheadMs: 0 }, updateId: randomUUID(), summary: 'keys' },
      });
    },
  };
};

/** Ids of the access keys that IAM has. */
export const keysIn = async ({ inventory }: Pick<Tenant, 'inventory'>): Promise<string[]> =>
  (await inventory()).filter(({ type }) => type === 'AWS::IAM::AccessKey').map(({ id }) => id);

export const s3As = (
  { account }: Pick<Tenant, 'account'>,
  { accessKeyId, secretAccessKey }: AccessKeySecret,
): S3Client => new S3Client({ ...account.client, credentials: { accessKeyId, secretAccessKey } });
