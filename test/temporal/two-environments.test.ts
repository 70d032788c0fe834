import { randomUUID } from 'node:crypto';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { Connection, type WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type Installation, parseIdentity } from '#domain/core/installation.ts';
import { environmentOfWorkflow } from '#domain/core/workflow-ids.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { createOperations } from '#temporal/operations.ts';
import { type EyrieHost, openEyrie, type Tenant } from '../support/eyrie.ts';
import { sandboxEndpoints } from '../support/sandbox.ts';
import { failureOf, until, viewOf } from '../support/workspace-runs.ts';

/** As in Hatchery: dots in the host name, dashes in the environment. */
const ONE = { hostname: 'one.example.org', environment: 'one-example-org' };
const OTHER = { hostname: 'other.example.org', environment: 'other-example-org' };

let one: EyrieHost;
let other: EyrieHost;

beforeAll(async () => {
  [one, other] = await Promise.all([
    openEyrie({ environment: ONE.environment }),
    openEyrie({ environment: OTHER.environment }),
  ]);
});
afterAll(async () => {
  await one.close();
  await other.close();
});

const launches = (tenant: Tenant, hostname: string, count: number) =>
  Promise.all(
    Array.from({ length: count }, (_, nth) =>
      tenant.launch(tenant.input({ hostname, user: `${nth}-${randomUUID().slice(0, 8)}@example.org` })),
    ),
  );

interface Worked {
  readonly workflowId: string;
  readonly by: Installation | undefined;
}

/** Who did each task of each workflow that ran on the task queue of this host. */
const workOf = async ({ rig }: EyrieHost): Promise<Worked[]> => {
  const worked: Worked[] = [];
  for await (const { workflowId, runId } of rig.client.workflow.list({ query: `TaskQueue = '${rig.taskQueue}'` })) {
    const { events } = await rig.client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { workflowTaskStartedEventAttributes, activityTaskStartedEventAttributes } of events ?? []) {
      const identity = (workflowTaskStartedEventAttributes ?? activityTaskStartedEventAttributes)?.identity;
      if (identity) worked.push({ workflowId, by: parseIdentity(identity) });
    }
  }
  return worked;
};

test('two environments launch at once on one namespace and in one account: each does its own work only', async (t) => {
  const ofOne = await one.tenant(t);
  const ofOther = await other.tenant(t, ofOne.account);
  await ofOne.account.quotas({ vpcs: 20 });
  const handles = await Promise.all([launches(ofOne, ONE.hostname, 3), launches(ofOther, OTHER.hostname, 3)]);
  await Promise.all(handles.flat().map((handle) => handle.result()));

  for (const [host, { environment }] of [
    [one, ONE],
    [other, OTHER],
  ] as const) {
    const kinds = () => workOf(host).then((all) => new Set(all.map(({ workflowId }) => workflowId.split('/')[0])));
    await until('all kinds are listed', async () => (await kinds()).size === 3);
    const work = await workOf(host);
    for (const { workflowId, by } of work) {
      expect({ workflowId, environment: environmentOfWorkflow(workflowId), by }).toEqual({
        workflowId,
        environment,
        by: { environment, controlBucket: host.controlBucket },
      });
    }
  }
});

test('each lists what is under way of its own, also before a worker begins it', async (t) => {
  const ofOne = await one.tenant(t);
  const namesUnderWay = async (host: EyrieHost, environment: string) =>
    createOperations(host.rig.client, host.rig.taskQueue).namesUnderWay({ kind: 'workspace', environment });
  await one.rig.stopWorker();
  const input = ofOne.input({ hostname: ONE.hostname });
  const handle = await ofOne.launch(input);
  const { escapedUser } = input.workspace;
  await until('it is listed', async () => (await namesUnderWay(one, ONE.environment)).includes(escapedUser));
  expect(await namesUnderWay(other, OTHER.environment)).not.toContain(escapedUser);
  await one.rig.startWorker();
  await handle.result();
  await until('it is not any more', async () => !(await namesUnderWay(one, ONE.environment)).includes(escapedUser));
});

test('what another environment made in the account counts against the places of this one', async (t) => {
  const ofOne = await one.tenant(t);
  const ofOther = await other.tenant(t, ofOne.account);
  const { Vpcs = [] } = await new EC2Client(ofOne.account.client).send(new DescribeVpcsCommand({}));
  await ofOne.account.quotas({ vpcs: Vpcs.length + 1 });
  await (await ofOne.launch(ofOne.input({ hostname: ONE.hostname }))).result();
  const failure = await failureOf(await ofOther.launch(ofOther.input({ hostname: OTHER.hostname })));
  expect(failure.type).toBe('QuotaExceeded');
});

test('for the last place that two environments want at once AWS decides, and the other one takes back all', async (t) => {
  const ofOne = await one.tenant(t);
  const ofOther = await other.tenant(t, ofOne.account);
  const { account } = ofOne;
  const vpcs = async () => (await new EC2Client(account.client).send(new DescribeVpcsCommand({}))).Vpcs?.length ?? 0;
  const limit = (await vpcs()) + 1;
  await account.quotas({ vpcs: limit });
  // Neither makes its VPC before both were promised the place.
  await account.faults({ service: 'ec2', operation: 'CreateVpc', fault: 'throttle', times: -1 });
  const inputs = [ofOne.input({ hostname: ONE.hostname }), ofOther.input({ hostname: OTHER.hostname })] as const;
  const handles = [await ofOne.launch(inputs[0]), await ofOther.launch(inputs[1])] as const;
  for (const handle of handles) {
    const stateOf = async () => (await viewOf(handle)).steps.find(({ name }) => name === 'network')?.state;
    await until('it has its place', async () => !['pending', undefined].includes(await stateOf()));
  }
  await account.clearFaults();

  const ends = await Promise.all(
    handles.map((handle) =>
      handle.result().then(
        () => 'running',
        (error: WorkflowFailedError) => (error.cause as ApplicationFailure).type,
      ),
    ),
  );
  expect(ends.toSorted()).toEqual(['QuotaExceeded', 'running']);
  expect(await vpcs()).toBe(limit);
  const owners = (await account.inventory())
    .map(({ tags }) => tags['eyrie:workspace'])
    .filter((id) => id !== undefined);
  const [winner, loser] = ends[0] === 'running' ? inputs : [inputs[1], inputs[0]];
  expect([...new Set(owners)]).toEqual([winner.workspace.workspaceId]);
  expect(loser.workspace.environment).not.toBe(winner.workspace.environment);
});

test('a worker refuses the work of another environment that it meets, and the work is not lost', async (t) => {
  const ofOne = await one.tenant(t);
  const input = ofOne.input({ hostname: OTHER.hostname });
  // On the task queue of the wrong environment.
  const handle = await ofOne.launch(input);
  const refusal = async () =>
    (await handle.describe()).raw.pendingActivities?.map(({ lastFailure }) => lastFailure?.message ?? '').join() ?? '';
  await until('the refusal is in sight', async () => (await refusal()).includes(OTHER.environment));
  expect(await refusal()).toContain(`this worker serves the environment ${ONE.environment}, but ${handle.workflowId}`);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(await ofOne.inventory()).toEqual([]);

  // A worker of its own environment that looks there finds it.
  await one.rig.stopWorker();
  const finder = await openEyrie({ environment: OTHER.environment, taskQueue: one.rig.taskQueue });
  await handle.result();
  expect(await finder.control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))).toMatchObject({
    record: { phase: 'running' },
  });
  await finder.close();
  await one.rig.startWorker();
});

test('the pollers of a task queue say of which environment and control bucket they are', async () => {
  const { temporal } = await sandboxEndpoints();
  const connection = await Connection.connect({ address: temporal ?? '' });
  onTestFinished(() => connection.close());
  const pollers = async () => {
    const answer = await connection.workflowService.describeTaskQueue({
      namespace: 'default',
      taskQueue: { name: other.rig.taskQueue },
      taskQueueType: 1,
    });
    return answer.pollers.map(({ identity }) => parseIdentity(identity ?? ''));
  };
  await expect.poll(pollers).toEqual([{ environment: OTHER.environment, controlBucket: other.controlBucket }]);
});
