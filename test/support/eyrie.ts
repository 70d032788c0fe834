/**
 * Eyrie in a test: a worker with the real activities, in a sandbox account of its own with a control bucket, and the
 * workflows started as the API starts them.
 */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import type { TestContext } from 'vitest';
import { createActivities } from '#activities/index.ts';
import { createOwnAws } from '#aws/own.ts';
import { type Control, createControl } from '#control/control.ts';
import type { Timing } from '#domain/timing.ts';
import type { LaunchInput, TerminateMode } from '#domain/workspace/input.ts';
import { aWorkspace, type WorkspaceOverrides } from '../domain/workspace-input.ts';
import { type SandboxAccount, sandboxAccount, sandboxEndpoints } from './sandbox.ts';
import { type Rig, type RigOptions, workflowRig } from './workflow-rig.ts';
import { aLaunch, startLaunch, startTerminate, TIMING } from './workspace-runs.ts';

/** The image that every launch of these tests uses. */
export const AN_IMAGE = 'ami-0123456789abcdef0';

export interface Eyrie {
  readonly account: SandboxAccount;
  readonly control: Control;
  readonly controlBucket: string;
  readonly rig: Rig;
  /** A launch in this account; the same workspace for the same user. */
  readonly input: (overrides?: WorkspaceOverrides) => LaunchInput;
  readonly launch: (input?: LaunchInput) => ReturnType<typeof startLaunch>;
  readonly terminate: (input: LaunchInput, mode: TerminateMode) => ReturnType<typeof startTerminate>;
  /** What exists, the control bucket aside. */
  readonly inventory: () => ReturnType<SandboxAccount['inventory']>;
}

export interface EyrieOptions extends RigOptions {
  readonly timing?: Timing;
  /** Another account's Eyrie: a second worker in the same account. */
  readonly account?: SandboxAccount;
}

export const eyrie = async (
  t: TestContext,
  { timing = TIMING, account: given, ...options }: EyrieOptions = {},
): Promise<Eyrie> => {
  const account = given ?? (await sandboxAccount(t));
  const { temporal } = await sandboxEndpoints();
  if (!temporal) throw new Error('the test run has no Temporal server');
  const controlBucket = `control-${account.id}`;
  await new S3Client(account.client).send(new CreateBucketCommand({ Bucket: controlBucket }));
  await account.seed('POST images', {
    images: [{ id: AN_IMAGE, name: 'al2023-nextflow', architecture: 'x86_64' }],
    pipelines: [],
  });

  const aws = createOwnAws({ region: account.region, endpoint: account.endpoint, credentials: account.credentials });
  const home = { accountId: account.id, region: account.region, roleArn: null, externalId: null };
  const control = createControl({
    s3: aws.s3(home),
    bucket: controlBucket,
    sealingKeys: [{ id: 'test', key: Buffer.alloc(32, 7) }],
  });
  const connection = await Connection.connect({ address: temporal });
  const activities = createActivities({ aws, control, timing, temporal: new Client({ connection }) });
  const rig = await workflowRig(activities as never, options);

  const user = `${randomUUID().slice(0, 8)}@example.org`;
  const input = (overrides: WorkspaceOverrides = {}): LaunchInput => ({
    ...aLaunch({
      ...aWorkspace({ user, ...overrides, nextflow: { 'instance-ami': AN_IMAGE, ...overrides.nextflow } }),
      account: home,
    }),
    timing,
  });
  return {
    account,
    control,
    controlBucket,
    rig,
    input,
    launch: (given) => startLaunch(rig, given ?? input()),
    terminate: (given, mode) => startTerminate(rig, given, mode),
    inventory: async () =>
      (await account.inventory()).filter(({ id, details }) => id !== controlBucket && details.bucket !== controlBucket),
  };
};
