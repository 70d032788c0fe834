/**
 * Eyrie in a test: one worker with the real activities for a whole test file, and accounts of the sandbox that it works
 * in, one per test. Its control bucket is in an account of its own, so that what a test sees in its account is the
 * workspace's alone.
 */
import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import type { TestContext } from 'vitest';
import type { ArboristAdmin } from '#activities/arborist/client.ts';
import { createActivities } from '#activities/index.ts';
import type { Aws } from '#aws/clients.ts';
import { createOwnAws } from '#aws/own.ts';
import { type Control, createControl } from '#control/control.ts';
import type { AccountRef } from '#domain/core/account.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { RefreshingSettings } from '#domain/workspace/credentials.ts';
import type { LaunchInput, RemovalMode } from '#domain/workspace/input.ts';
import { aWorkspace, type WorkspaceOverrides } from '../domain/workspace-input.ts';
import { createDeaths } from './deaths.ts';
import { noteCalls } from './noted-calls.ts';
import { type SandboxAccount, sandboxAccount, sandboxEndpoints, sandboxSecrets } from './sandbox.ts';
import { openRig, type Rig, type RigOptions } from './workflow-rig.ts';
import { aLaunch, startLaunch, startTerminate, TIMING } from './workspace-runs.ts';

/** The image that every launch of these tests uses. */
export const AN_IMAGE = 'ami-0123456789abcdef0';

/** An account that Eyrie works in. */
export interface Tenant {
  readonly account: SandboxAccount;
  readonly control: Control;
  readonly rig: Rig;
  /** A launch in this account; the same workspace for the same user. */
  readonly input: (overrides?: WorkspaceOverrides) => LaunchInput;
  readonly launch: (input?: LaunchInput) => ReturnType<typeof startLaunch>;
  readonly terminate: (input: LaunchInput, mode: RemovalMode) => ReturnType<typeof startTerminate>;
  /** What exists in the account. */
  readonly inventory: SandboxAccount['inventory'];
}

export interface EyrieHost {
  readonly rig: Rig;
  readonly control: Control;
  /** Eyrie's own account, with the control bucket. */
  readonly home: SandboxAccount;
  readonly controlBucket: string;
  /** Steps that have called an operation of AWS, by its name: `ec2:CreateVpc`. */
  readonly stepsOf: (call: string) => ReadonlySet<string>;
  /** Has the worker die of the nth call (from 0) in an account, as `iam:CreateUser`. Tells whether it has. */
  readonly killAt: (account: string, call: string, nth: number) => () => boolean;
  /** A fresh account with an image. Its last calls are printed when the test fails. */
  readonly tenant: (t?: TestContext, account?: SandboxAccount) => Promise<Tenant>;
  /**
   * Stops the worker and replays every workflow that ran on it. @throws where one does not replay, or where a secret
   * stands in a history.
   */
  readonly close: () => Promise<void>;
}

export interface EyrieOptions extends Omit<RigOptions, 'installation'> {
  /** H: the worker is one of this environment, as in production. Default: a queue of its own. */
  readonly environment?: string;
  readonly timing?: Timing;
  readonly arborist?: ArboristAdmin;
  /** What the users of workspaces get. Default: a key. */
  readonly credentials?: RefreshingSettings['form'];
  /** Of AWS's delays in the tenants' accounts. Default: that of the run, 0. */
  readonly scale?: number;
}

/** All that stands in a history: its payloads are bytes. */
const textIn = (value: unknown): string => {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return '';
  return Object.values(value).map(textIn).join('\n');
};

/** Root of whatever account an activity works in: the sandbox knows a root by the account's number. */
const rootOfEach = (endpoint: string): Aws => {
  const known = new Map<string, Aws>();
  const of = ({ accountId, region }: AccountRef): Aws => {
    const credentials = { accessKeyId: accountId, secretAccessKey: 'sandbox' };
    const aws = known.get(accountId) ?? createOwnAws({ region, endpoint, credentials });
    known.set(accountId, aws);
    return aws;
  };
  return {
    ec2: (account) => of(account).ec2(account),
    batch: (account) => of(account).batch(account),
    iam: (account) => of(account).iam(account),
    s3: (account) => of(account).s3(account),
    kms: (account) => of(account).kms(account),
    sts: (account) => of(account).sts(account),
    ssm: (account) => of(account).ssm(account),
    imagebuilder: (account) => of(account).imagebuilder(account),
    quotas: (account) => of(account).quotas(account),
    efs: (account) => of(account).efs(account),
    fsx: (account) => of(account).fsx(account),
    logs: (account) => of(account).logs(account),
    as: (credentials) => createOwnAws({ region: 'us-east-1', endpoint, credentials }),
  };
};

const refOf = ({ id, region }: SandboxAccount): AccountRef => ({
  accountId: id,
  region,
  roleArn: null,
  externalId: null,
});

export const openEyrie = async ({
  timing = TIMING,
  scale,
  environment,
  arborist,
  credentials: form,
  ...options
}: EyrieOptions = {}): Promise<EyrieHost> => {
  const { temporal } = await sandboxEndpoints();
  if (!temporal) throw new Error('the test run has no Temporal server');
  const home = await sandboxAccount();
  const controlBucket = `control-${home.id}`;
  await new S3Client(home.client).send(new CreateBucketCommand({ Bucket: controlBucket }));
  const deaths = createDeaths();
  const { aws, stepsOf } = noteCalls(deaths.among(rootOfEach(home.endpoint)));
  const control = createControl({
    s3: aws.s3(refOf(home)),
    bucket: controlBucket,
    sealingKeys: [{ id: 'test', key: Buffer.alloc(32, 7) }],
  });
  const connection = await Connection.connect({ address: temporal });
  const activities = createActivities({
    ...{ aws, control, timing },
    temporal: new Client({ connection }),
    ...(arborist && { arborist }),
  });
  const secrets = new Set<string>();
  const inspect = (workflowId: string, history: unknown): void => {
    const text = textIn(history);
    const leaked = [...secrets].filter((secret) => text.includes(secret)).length;
    if (leaked > 0) throw new Error(`${leaked} secrets stand in the history of ${workflowId}`);
  };
  const { close, ...rig } = await openRig(deaths.mortal(activities) as never, {
    ...options,
    inspect,
    installation: environment === undefined ? undefined : { environment, controlBucket },
  });

  const tenant = async (t?: TestContext, given?: SandboxAccount): Promise<Tenant> => {
    const account = given ?? (await sandboxAccount(t));
    if (scale !== undefined) await account.scale(scale);
    await account.seed('POST images', {
      images: [{ id: AN_IMAGE, name: 'al2023-nextflow', architecture: 'x86_64' }],
      pipelines: [],
    });
    const user = `${randomUUID().slice(0, 8)}@example.org`;
    const input = (overrides: WorkspaceOverrides = {}): LaunchInput => {
      const workspace = aWorkspace({
        user,
        ...overrides,
        nextflow: { 'instance-ami': AN_IMAGE, ...overrides.nextflow },
      });
      const credentials = form && { form, enteredBy: `arn:aws:iam::${account.id}:root` };
      const settings = { ...workspace.settings, ...(credentials && { credentials }) };
      return { ...aLaunch({ ...workspace, settings, account: refOf(account) }), timing };
    };
    return {
      account,
      control,
      rig,
      input,
      launch: (given) => startLaunch(rig, given ?? input()),
      terminate: (given, mode) => startTerminate(rig, given, mode),
      inventory: account.inventory,
    };
  };
  return {
    rig,
    control,
    home,
    controlBucket,
    stepsOf,
    killAt: deaths.plan,
    tenant,
    close: async () => {
      for (const secret of await sandboxSecrets()) secrets.add(secret);
      await close().finally(() => connection.close());
    },
  };
};

/** Eyrie for one test, which works in the very account that its control bucket is in. */
export interface Eyrie extends Tenant {
  readonly controlBucket: string;
}

export const eyrie = async (t: TestContext, options: EyrieOptions = {}): Promise<Eyrie> => {
  const host = await openEyrie(options);
  t.onTestFinished(host.close);
  const tenant = await host.tenant(t, host.home);
  return {
    ...tenant,
    controlBucket: host.controlBucket,
    /** The control bucket aside. */
    inventory: async () =>
      (await host.home.inventory()).filter(
        ({ id, details }) => id !== host.controlBucket && details.bucket !== host.controlBucket,
      ),
  };
};
