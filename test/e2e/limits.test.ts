import { randomUUID } from 'node:crypto';
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { failureOf } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;

beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

const codeOf = (error: unknown): unknown =>
  error instanceof WorkflowFailedError && error.cause && 'type' in error.cause ? error.cause.type : error;

test.concurrent('of many launches at once as many succeed as there are places; the others make nothing', async (t) => {
  const tenant = await eyrie.tenant(t);
  const { account } = tenant;
  const { Vpcs = [] } = await new EC2Client(account.client).send(new DescribeVpcsCommand({}));
  const free = 2;
  await account.quotas({ vpcs: Vpcs.length + free });
  const inputs = Array.from({ length: free + 3 }, (_, nth) =>
    tenant.input({ user: `${nth}-${randomUUID().slice(0, 8)}@example.org` }),
  );
  const handles = await Promise.all(inputs.map((input) => tenant.launch(input)));
  const ends = await Promise.all(
    handles.map((handle) =>
      handle.result().then(
        () => 'running',
        (error: unknown) => codeOf(error),
      ),
    ),
  );
  expect(ends.toSorted()).toEqual([...Array(3).fill('QuotaExceeded'), ...Array(free).fill('running')].toSorted());

  const changes = (await account.journal()).filter(({ mutating }) => mutating);
  expect(changes.filter(({ operation }) => operation === 'CreateVpc')).toHaveLength(free);
  const refused = inputs.filter((_, nth) => ends[nth] === 'QuotaExceeded');
  for (const { workspace } of refused) {
    expect(changes.filter(({ resource }) => resource?.includes(workspace.escapedUser))).toEqual([]);
    const { record } = (await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(workspace))) ?? {};
    expect(record).toMatchObject({ phase: 'failed', error: { code: 'QuotaExceeded', step: 'reserve-slots' } });
  }

  const [lucky] = inputs.filter((_, nth) => ends[nth] === 'running');
  const [waiting] = refused;
  if (!lucky || !waiting) throw new Error('nobody won, or nobody lost');
  await (await tenant.terminate(lucky, 'dispose')).result();
  await (await tenant.launch({ ...waiting, launchId: randomUUID() })).result();
});

test.concurrent('a user whose name is escaped to another’s is refused, and changes nothing of theirs', async (t) => {
  const tenant = await eyrie.tenant(t);
  const rest = `-${randomUUID().slice(0, 8)}@example.org`;
  const first = tenant.input({ user: `Ab${rest}` });
  const second = tenant.input({ user: `\u041b${rest}` });
  expect(second.workspace.escapedUser).toBe(first.workspace.escapedUser);
  await (await tenant.launch(first)).result();
  const before = await tenant.inventory();
  const record = await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(first.workspace));

  const failure = await failureOf(await tenant.launch(second));
  expect(failure.type).toBe('Conflict');
  expect(failure.message).not.toContain(first.workspace.user);
  expect(await tenant.inventory()).toEqual(before);
  expect(await tenant.control.records(WORKSPACE_RECORDS).read(workspaceSubject(first.workspace))).toEqual(record);
});
