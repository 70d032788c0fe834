/** Sweeping an account in which a workspace was launched: what is told, what is taken, and what never is. */
import { randomUUID } from 'node:crypto';
import { CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateUserCommand, IAMClient } from '@aws-sdk/client-iam';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, type TestContext, test } from 'vitest';
import { putClaimant } from '#aws/environment-claim.ts';
import { createOwnAws } from '#aws/own.ts';
import { recordKey } from '#control/keys.ts';
import { ENVIRONMENT_TAG, kindTag, RUN_TAG, type Tags, tagList } from '#domain/core/ownership.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import type { SweepInput, SweepReport } from '#domain/sweep/sweep.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { sweep } from '../../src/workflows/sweep/sweep.ts';
import { refOf } from '../control/rig.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { TIMING } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

const inputOf = ({ account }: Tenant, { workspace }: LaunchInput, more: Partial<SweepInput>): SweepInput => ({
  environment: workspace.environment,
  home: { accountId: account.id, region: account.region },
  prefixes: { own: [`${workspace.environment}-nf-`], shared: ['gen3wf-'] },
  // A busy machine takes its time over what is only asked to go.
  timing: { ...TIMING, undoGiveUpMs: 60_000 },
  accountId: account.id,
  ...{ apply: false, finish: false, olderThanMs: 0, ownersMax: 10 },
  requestedBy: 'an operator',
  ...more,
});

const sweepIn = async (tenant: Tenant, launch: LaunchInput, more: Partial<SweepInput> = {}): Promise<SweepReport> => {
  const input = inputOf(tenant, launch, more);
  const run = tenant.rig.watch(
    await tenant.rig.client.workflow.start<typeof sweep>('sweep', {
      workflowId: `sweep/${input.environment}/${randomUUID()}`,
      taskQueue: tenant.rig.taskQueue,
      args: [input],
    }),
  );
  await run.result();
  const report = await tenant.control.sweeps.latest(input.environment);
  if (!report) throw new Error('the sweep kept no report');
  return report;
};

/** The same environment with another control bucket: its records are not here. */
const anotherInstallation = async (t: TestContext, { account }: Tenant): Promise<Tenant> => {
  const other = await openEyrie();
  t.onTestFinished(other.close);
  return await other.tenant(t, account);
};

/** Whoever has the name. */
const claim = async ({ account, control }: Tenant, { workspace: { environment } }: LaunchInput): Promise<void> => {
  const { ssm } = createOwnAws(account);
  const own = await control.installation.ensure(environment);
  await putClaimant(ssm(refOf(account)), environment, own, { takesOver: true });
};

/** Temporal forgets what it was once: the last that it knows of the workspace is nothing that made it. */
const forgetLaunch = async ({ rig }: Tenant, { workspace }: LaunchInput): Promise<void> => {
  const workflowId = subjectWorkflowId(workspaceSubject(workspace));
  const handle = await rig.client.workflow.start('forgotten', { workflowId, taskQueue: 'nobody' });
  await handle.terminate();
};

/** As if its record had never been. */
const loseRecord = async ({ workspace }: LaunchInput): Promise<void> => {
  const s3 = new S3Client(eyrie.home.client);
  await s3.send(new DeleteObjectCommand({ Bucket: eyrie.controlBucket, Key: recordKey(workspaceSubject(workspace)) }));
};

const keysOf = (findings: readonly Finding[]): string[] => findings.map(({ type, id }) => `${type} ${id}`).sort();

/** What others have in the same account: all of it stays whatever is swept. */
const seedOthers = async (tenant: Tenant, { workspace }: LaunchInput): Promise<void> => {
  const ec2 = new EC2Client(tenant.account.client);
  const iam = new IAMClient(tenant.account.client);
  const h = workspace.environment;
  const vpc = (tags: Tags) =>
    ec2.send(
      new CreateVpcCommand({
        CidrBlock: '10.0.0.0/16',
        TagSpecifications: [{ ResourceType: 'vpc', Tags: tagList(tags) }],
      }),
    );
  await vpc({ Name: 'a-stranger' });
  await vpc({ Name: `${h}-nf-vpc-hatchery` });
  await vpc({
    [kindTag('workspace')]: 'other-example-org.jane',
    [ENVIRONMENT_TAG]: 'other-example-org',
    [RUN_TAG]: 'r',
  });
  await vpc({ [kindTag('workspace')]: workspace.workspaceId, [RUN_TAG]: 'r' });
  await vpc({ [kindTag('workspace')]: workspace.workspaceId, [ENVIRONMENT_TAG]: h });
  await iam.send(new CreateUserCommand({ UserName: `${h}-nf-by-hand` }));
};

test('a workspace that runs is left alone; one whose record is lost goes, and nothing else', async (t) => {
  const tenant = await eyrie.tenant(t);
  const other = tenant.input({ user: `${randomUUID().slice(0, 8)}@example.org` });
  await (await tenant.launch(other)).result();
  const before = await tenant.inventory();
  const launch = tenant.input();
  await (await tenant.launch(launch)).result();
  await seedOthers(tenant, launch);
  const inventory = await tenant.inventory();

  const quiet = await sweepIn(tenant, launch);
  expect(quiet.looked).toBeGreaterThan(20);
  expect(quiet.findings.map(({ kind }) => kind).sort()).toEqual(['by-name', 'by-name', 'half-marked']);

  await loseRecord(launch);
  // As after a restore of the control bucket: Temporal knows better.
  const contradicted = await sweepIn(tenant, launch, { apply: true });
  expect(contradicted.findings.filter(({ kind }) => kind === 'no-record').length).toBeGreaterThan(5);
  expect(contradicted.findings.filter(({ action }) => action === 'remove')).toEqual([]);
  expect(await tenant.inventory()).toEqual(inventory);

  await forgetLaunch(tenant, launch);
  const dry = await sweepIn(tenant, launch);
  const removable = dry.findings.filter(({ action }) => action === 'remove');
  expect(await tenant.inventory()).toEqual(inventory);
  expect(new Set(removable.map(({ owner }) => owner))).toEqual(
    new Set([`workspace/${launch.workspace.environment}/${launch.workspace.escapedUser}`]),
  );
  // A day is the limit where nobody says another: it was made just now.
  const young = await sweepIn(tenant, launch, { olderThanMs: 86_400_000, apply: true });
  expect(young.findings.filter(({ action }) => action === 'remove')).toEqual([]);
  expect(keysOf(young.findings)).toEqual(keysOf(dry.findings));
  expect(await tenant.inventory()).toEqual(inventory);

  const done = await sweepIn(tenant, launch, { apply: true });
  expect(done.findings.filter(({ action }) => action === 'remove').map(({ type, outcome }) => [type, outcome])).toEqual(
    removable.map(({ type }) => [type, 'removed']),
  );
  const gone = new Set(removable.map(({ id }) => id));
  const after = await tenant.inventory();
  const stays = inventory.filter(({ type, id, name }) => {
    const isIts = gone.has(id ?? '') || gone.has(name ?? '');
    const isKey = type === 'AWS::IAM::AccessKey' && !before.some((one) => one.id === id);
    return !isIts && !isKey;
  });
  expect(after.map(({ type, id }) => [type, id])).toEqual(
    expect.arrayContaining(before.map(({ type, id }) => [type, id])),
  );
  expect(after.filter(({ type, id }) => !stays.some((one) => one.type === type && one.id === id))).toEqual([]);

  const last = await sweepIn(tenant, launch, { apply: true });
  expect(last.findings.filter(({ action }) => action === 'remove')).toEqual([]);
});

/** What a launch of this user would have made, with a record in somebody else's control bucket. */
const seedForeign = async ({ account }: Tenant, { workspace: { environment, workspaceId } }: LaunchInput) => {
  const tags = { [kindTag('workspace')]: workspaceId, [ENVIRONMENT_TAG]: environment, [RUN_TAG]: 'r' };
  const user = new CreateUserCommand({ UserName: `${environment}-nf-theirs`, Tags: tagList(tags) });
  await new IAMClient(account.client).send(user);
};

test('another installation of the environment launches nothing in the account, and its sweep takes nothing there', async (t) => {
  const first = await eyrie.tenant(t);
  const launch = first.input();
  await claim(first, launch);
  await seedForeign(first, launch);
  const inventory = await first.inventory();
  const second = await anotherInstallation(t, first);

  const refused = second.launch(second.input()).then((run) => run.result());
  await expect(refused).rejects.toMatchObject({
    cause: { cause: { type: 'Conflict', message: expect.stringContaining(eyrie.controlBucket) } },
  });
  const removable = async () => {
    const { findings } = await sweepIn(second, launch, { apply: true });
    return findings.filter(({ action }) => action === 'remove').map(({ outcome }) => outcome ?? '');
  };
  const kept = await removable();
  expect(kept).toHaveLength(1);
  expect(kept[0]).toMatch(new RegExp(`^not removed: .*${eyrie.controlBucket}`));
  expect(await first.inventory()).toEqual(inventory);

  // Control: once the name is its own the same sweep takes it, and the first one launches nothing any more.
  await claim(second, launch);
  expect(await removable()).toEqual(['removed']);
  const again = first.launch(launch).then((run) => run.result());
  await expect(again).rejects.toMatchObject({ cause: { cause: { type: 'Conflict' } } });
});
