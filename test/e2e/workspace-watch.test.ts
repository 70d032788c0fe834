/** A workspace that runs and is broken by hand: what the watch sees, what it leaves alone, and what a launch repairs. */
import { randomUUID } from 'node:crypto';
import { BatchClient, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WatchWorkspacesInput } from '#domain/workspace/health.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { watchWorkspaces } from '../../src/workflows/workspace/watch.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { deleteRole } from '../support/roles-by-hand.ts';
import { TIMING } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

const watch = async ({ rig }: Tenant, { workspace: { environment } }: LaunchInput) => {
  const input: WatchWorkspacesInput = { environment, perMinute: 6_000, timing: TIMING };
  const run = rig.watch(
    await rig.client.workflow.start<typeof watchWorkspaces>('watchWorkspaces', {
      workflowId: `watch/${environment}/${randomUUID()}`,
      taskQueue: rig.taskQueue,
      args: [input],
    }),
  );
  return await run.result();
};

const recordOf = async ({ control }: Tenant, { workspace }: LaunchInput) => {
  const stored = await control.records(WORKSPACE_RECORDS).read(workspaceSubject(workspace));
  if (!stored) throw new Error('there is no record');
  return stored.record;
};

test('what is disabled, stopped or gone is told once, nothing is changed, and a launch mends it', async (t) => {
  const tenant = await eyrie.tenant(t);
  const input = tenant.input();
  await (await tenant.launch(input)).result();
  expect(await watch(tenant, input)).toEqual({ looked: 1, unhealthy: 0, unseen: 0 });
  const { resources, health, updatedAt } = await recordOf(tenant, input);
  expect(health).toBeNull();

  const named = (type: string, step: string) => {
    const found = resources.find((one) => one.type === type && one.step === step);
    if (!found) throw new Error(`the record lists no ${type}`);
    return found;
  };
  const queue = named('AWS::Batch::JobQueue', 'job-queue').name ?? '';
  const proxy = named('AWS::EC2::Instance', 'squid').id;
  const role = named('AWS::IAM::Role', 'jobs-role').name ?? '';
  await new BatchClient(tenant.account.client).send(new UpdateJobQueueCommand({ jobQueue: queue, state: 'DISABLED' }));
  await new EC2Client(tenant.account.client).send(new StopInstancesCommand({ InstanceIds: [proxy] }));
  await deleteRole(tenant.account, role);

  const before = await tenant.inventory();
  expect(await watch(tenant, input)).toEqual({ looked: 1, unhealthy: 1, unseen: 0 });
  expect(await tenant.inventory()).toEqual(before);
  const broken = await recordOf(tenant, input);
  expect(broken.health?.problems.toSorted((one, other) => (one.detail < other.detail ? -1 : 1))).toEqual([
    { code: 'NotReady', detail: `job queue ${queue} is DISABLED` },
    { code: 'NotReady', detail: expect.stringMatching(new RegExp(`^proxy instance ${proxy} is stop`)) },
    { code: 'NotFound', detail: `role ${role} is not there any more` },
  ]);
  // A termination that goes by what was seen before is not held up by a mark.
  expect(broken.updatedAt).toBe(updatedAt);

  expect(await watch(tenant, input)).toEqual({ looked: 1, unhealthy: 1, unseen: 0 });
  expect((await recordOf(tenant, input)).health?.since).toBe(broken.health?.since);

  await (await tenant.launch({ ...tenant.input({ user: input.workspace.user }) })).result();
  expect((await recordOf(tenant, input)).health).toBeNull();
  expect(await watch(tenant, input)).toEqual({ looked: 1, unhealthy: 0, unseen: 0 });
});
