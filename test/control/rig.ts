/** A control bucket of one's own in the sandbox, and activities run as the worker runs them. */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { TestContext } from 'vitest';
import { createAws } from '#aws/clients.ts';
import { createControl } from '#control/control.ts';
import type { SealingKey } from '#control/sealing-keys.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { DEFAULT_TIMING, type Timing } from '#domain/core/timing.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { aWorkspace, type WorkspaceOverrides } from '../domain/workspace-input.ts';
import { type SandboxAccount, sandboxAccount } from '../support/sandbox.ts';

const CONTROL_BUCKET = 'eyrie-control';

/** A test that waits for the window to pass takes that long; a busy machine must still be within it. */
export const TIMING: Timing = { ...DEFAULT_TIMING, propagationMs: 5_000, lookEveryMs: 50 };

export const aSealingKey = (id: string): SealingKey => ({ id, key: crypto.getRandomValues(new Uint8Array(32)) });

export const refOf = ({ id, region }: SandboxAccount): AccountRef => ({
  accountId: id,
  region,
  roleArn: null,
  externalId: null,
});

export const awsOf = ({ endpoint, credentials }: SandboxAccount) =>
  createAws({ endpoint, credentials: async () => credentials });

export interface ControlSettings {
  readonly sealingKeys?: readonly SealingKey[];
  readonly now?: () => number;
}

/** The bucket is made by the first rig of an account. */
export const controlRig = async (t: TestContext, settings: ControlSettings = {}) => {
  const account = await sandboxAccount(t);
  const bucket = `${CONTROL_BUCKET}-${account.id}`;
  const raw = new S3Client(account.client);
  await raw.send(new CreateBucketCommand({ Bucket: bucket }));
  const keys = settings.sealingKeys ?? [aSealingKey('first')];
  const controlWith = (others: ControlSettings = {}) =>
    createControl({
      s3: awsOf(account).s3(refOf(account)),
      bucket,
      sealingKeys: others.sealingKeys ?? keys,
      ...(others.now ? { now: others.now } : settings.now && { now: settings.now }),
    });
  return { account, bucket, raw, control: controlWith(), controlWith };
};

/** Failed attempts are what many of these tests are about. */
const QUIET = new DefaultLogger('ERROR');

/** One attempt, first scheduled `waitedMs` ago; of a call of its own unless it is told of which. */
export const attempt = async <Args extends unknown[], Result>(
  activity: (...args: Args) => Promise<Result>,
  args: Args,
  waitedMs = 0,
  activityId: string = randomUUID(),
): Promise<Result> =>
  new MockActivityEnvironment({ activityId, scheduledTimestampMs: Date.now() - waitedMs }, { logger: QUIET }).run(
    activity,
    ...args,
  );

/** More tries than any wait of these tests takes. */
const TRIES_MAX = 400;
const FIRST_DELAY_MS = 20;

/** Tries again as Temporal does, until the activity succeeds or fails for good. */
export const complete = async <Args extends unknown[], Result>(
  activity: (...args: Args) => Promise<Result>,
  ...args: Args
): Promise<Result> => {
  const scheduled = Date.now();
  const activityId = randomUUID();
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(activity, args, Date.now() - scheduled, activityId);
    } catch (error) {
      if (!(error instanceof ApplicationFailure) || error.nonRetryable || tries === TRIES_MAX) throw error;
      const delayMs = Number(error.nextRetryDelay ?? FIRST_DELAY_MS);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
};

/** An account to work in, and what activities need. */
export const activityRig = async (t: TestContext, timing: Timing = TIMING) => {
  const controlled = await controlRig(t);
  const account = await sandboxAccount(t);
  const deps = { aws: awsOf(account), control: controlled.control, timing };
  return { account, ref: refOf(account), deps, control: controlled.control, controlled };
};

export type ActivityRig = Awaited<ReturnType<typeof activityRig>>;

/** What a launch of the builder's workspace wants in this account. */
export const planFor = ({ ref }: Pick<ActivityRig, 'ref'>, launchId = 'launch-1', overrides: WorkspaceOverrides = {}) =>
  planWorkspace({ workspace: { ...aWorkspace(overrides), account: ref }, launchId, timing: TIMING });

/** A removal without doubt about calls under way. */
export const BY_LAUNCH = { by: 'run', unsureSince: null } as const;
export const BY_WORKSPACE = { by: 'owner', unsureSince: null } as const;
