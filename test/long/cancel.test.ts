/** A launch is cancelled while each of its steps is under way. */

import { afterAll, expect, test } from 'vitest';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { Change } from '../support/calls.ts';
import { openEyrie, eyrie as ownEyrie } from '../support/eyrie.ts';
import { cancelledWhile, cleanLaunch } from '../support/launch-cases.ts';
import { until, viewOf } from '../support/workspace-runs.ts';

const eyrie = await openEyrie();
const clean = await cleanLaunch(eyrie);
afterAll(async () => {
  await eyrie.close();
});

/** Steps that change nothing in the account: what they read there. Publish writes to the control bucket alone. */
const READS: Readonly<Record<string, Change>> = {
  preflight: { service: 'ec2', operation: 'DescribeInstanceTypeOfferings', nth: 0 },
  'reserve-slots': { service: 'servicequotas', operation: 'GetServiceQuota', nth: 0 },
};

const firstCallOf = (step: string): Change => {
  const call = READS[step] ?? clean.changes.find((change) => clean.stepsOf(change)[0] === step);
  if (!call) throw new Error(`the launch calls nothing in step ${step}`);
  return call;
};

test.concurrent.for(clean.steps.filter((step) => step !== 'publish'))(
  'a launch that is cancelled during %s leaves nothing',
  (step, t) => cancelledWhile(eyrie, t, firstCallOf(step), clean),
);

test('a launch that is cancelled during publish ends as one thing or the other', async (t) => {
  const own = await ownEyrie(t);
  const { account, control, input: anInput } = own;
  const input = anInput();
  const handle = await own.launch(input);
  // The control bucket is in this account: each of its writes takes a while.
  await account.faults({ service: 's3', operation: 'PutObject', times: -1, fault: 'slow', delayMs: 500 });
  await until('publish runs', async () => {
    const { steps } = await viewOf(handle);
    return steps.some(({ name, state }) => name === 'publish' && state === 'running');
  });
  await handle.cancel();
  const ended = await handle.result().then(
    () => 'running',
    () => 'disposed',
  );
  const { record } = (await control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace))) ?? {};
  expect(record).toMatchObject({ phase: ended, operation: null, leftovers: [] });
  const vpcs = (await own.inventory()).filter(({ type }) => type === 'AWS::EC2::VPC');
  expect(vpcs).toHaveLength(ended === 'running' ? 1 : 0);
});

test('a disposal that is cancelled leaves a record that lists what is there still, also after a park', async (t) => {
  const tenant = await eyrie.tenant(t);
  const { account, control, launch, terminate, input: anInput } = tenant;
  const input = anInput();
  await (await launch(input)).result();
  const recordNow = async () =>
    (await control.records(WORKSPACE_RECORDS).read(workspaceSubject(input.workspace)))?.record;
  const listed = async () => ((await recordNow())?.resources ?? []).map(({ type, id }) => `${type} ${id}`);
  const before = await listed();
  // Nothing but keys has gone by then.
  await account.faults({ service: 'iam', operation: 'DeleteAccessKey', times: -1, fault: 'slow', delayMs: 5_000 });
  const disposal = await terminate(input, 'dispose');
  await until('a key goes', async () =>
    (await account.journal()).some(({ operation }) => operation === 'UpdateAccessKey'),
  );
  await disposal.cancel();
  await disposal.result().catch(() => undefined);
  await account.clearFaults();
  expect(await recordNow()).toMatchObject({ phase: 'failed', remedy: 'dispose' });
  const own = ['AWS::Batch::ComputeEnvironment', 'AWS::Batch::JobQueue', 'AWS::IAM::User', 'AWS::EC2::VPC'];
  const wanted = before.filter((one) => own.some((type) => one.startsWith(`${type} `)));
  expect(wanted).toHaveLength(own.length);
  expect(await listed()).toEqual(expect.arrayContaining(wanted));
  await (await terminate(input, 'park')).result();
  expect(await recordNow()).toMatchObject({ phase: 'parked', leftovers: [] });
  expect(await listed()).toEqual(expect.arrayContaining(wanted));
});
