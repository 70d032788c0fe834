import { describe, expect, test } from 'vitest';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { A_BLOCK, apiRig, ENVIRONMENT, idOf, OWN_ACCOUNT, viewOf } from './rig.ts';

const launch = (rig: ReturnType<typeof apiRig>, body: object = { user: 'alice', profile: 'nextflow' }) =>
  rig.call('hatchery', 'POST', '/v1/workspaces', body);

const inputOf = (rig: ReturnType<typeof apiRig>, nth = 0) => rig.workflows.started[nth]?.input as LaunchInput;

describe('happy', () => {
  test('a launch is answered with the workspace, and is there from that moment', async () => {
    const rig = apiRig();
    const answer = await launch(rig);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/v1/workspaces/${idOf('alice')}`);
    expect(viewOf(answer)).toMatchObject({
      id: idOf('alice'),
      user: 'alice',
      environment: ENVIRONMENT,
      account: OWN_ACCOUNT,
      region: 'us-east-1',
      profile: 'nextflow',
      phase: 'launching',
      operation: { type: 'launchWorkspace', requestedBy: 'service:hatchery', workflowId: 'workspace/localhost/alice' },
      credential: { state: 'pending', accessKeyId: null, createdAt: null, claimedAt: null },
      stuck: null,
      error: null,
      leftovers: [],
    });
    expect((await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`)).body).toEqual(answer.body);
  });

  test('what the configuration says is pinned in the input', async () => {
    const rig = apiRig();
    await launch(rig);
    expect(inputOf(rig)).toMatchObject({
      requestedBy: 'service:hatchery',
      workspace: {
        user: 'alice',
        hostname: 'localhost',
        account: { accountId: OWN_ACCOUNT, region: 'us-east-1', roleArn: null, externalId: null },
        nextflow: A_BLOCK,
        payModel: null,
      },
    });
  });

  test('a pay model with ecs is entered by its role; any other works in our own account', async () => {
    const rig = apiRig();
    const payModel = { ecs: true, account_id: '999999999999', request_status: 'active', 'soft-limit': 10 };
    await launch(rig, { user: 'alice', profile: 'nextflow', payModel });
    await launch(rig, { user: 'bob', profile: 'nextflow', payModel: { ...payModel, ecs: false } });
    await launch(rig, { user: 'carol', profile: 'nextflow', payModel: null });
    expect(inputOf(rig).workspace.account).toEqual({
      accountId: '999999999999',
      region: 'us-east-1',
      roleArn: 'arn:aws:iam::999999999999:role/csoc_adminvm',
      externalId: null,
    });
    expect(inputOf(rig, 1).workspace.account).toMatchObject({ accountId: OWN_ACCOUNT, roleArn: null });
    expect(inputOf(rig, 2).workspace.account).toMatchObject({ accountId: OWN_ACCOUNT, roleArn: null });
  });

  test("a nextflow block comes as Hatchery's own configuration has it", async () => {
    const rig = apiRig();
    const nextflow = {
      enabled: true,
      'job-image-whitelist': ['quay.io/*'],
      's3-bucket-whitelist': null,
      'compute-environment-type': 'SPOT',
      'instance-ami': 'ami-0123456789abcdef0',
      'instance-type': 'optimal',
      'instance-max-vcpus': 9,
    };
    expect(await launch(rig, { user: 'alice', nextflow })).toMatchObject({ status: 202 });
    expect(inputOf(rig).workspace).toMatchObject({
      profile: null,
      nextflow: {
        'job-image-whitelist': ['quay.io/*'],
        's3-bucket-whitelist': [],
        'instance-ami-builder-arn': '',
        'instance-min-vcpus': 0,
      },
    });
  });
});

describe('launch again', () => {
  test('the same request joins while it is being launched', async () => {
    const rig = apiRig();
    const first = await launch(rig);
    const second = await launch(rig);
    expect(second.status).toBe(202);
    expect(viewOf(second).operation?.runId).toBe(viewOf(first).operation?.runId);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('another request meanwhile is 409 and tells what runs', async () => {
    const rig = apiRig();
    const first = await launch(rig);
    const second = await launch(rig, { user: 'alice', profile: 'other' });
    expect(second).toMatchObject({
      status: 409,
      body: { code: 'OperationInProgress', operation: viewOf(first).operation },
    });
  });

  test('nothing is launched where the same was launched and its key waits', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    const again = await launch(rig);
    expect(again).toMatchObject({ status: 202, body: { phase: 'running', operation: null } });
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('what is not well is launched anew, whether its key waits or not', async () => {
    const rig = apiRig();
    const problems = [{ code: 'NotReady', detail: 'job queue q is DISABLED' }] as const;
    await rig.launched('alice', { health: { since: '2026-01-01T00:00:00.000Z', problems } });
    await launch(rig);
    expect(rig.workflows.started).toHaveLength(2);
  });

  test('a relaunch where the key was claimed, or another configuration is asked for', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`);
    await launch(rig);
    expect(rig.workflows.started).toHaveLength(2);
    expect(inputOf(rig, 1).launchId).not.toBe(inputOf(rig, 0).launchId);

    const other = apiRig();
    await other.launched('alice');
    await launch(other, { user: 'alice', profile: 'other' });
    expect(other.workflows.started).toHaveLength(2);
  });

  test.each(['parking', 'disposing'] as const)(
    'while %s it is 409, also when a launch is only unwinding to it',
    async (phase) => {
      const rig = apiRig();
      await launch(rig);
      await rig.call('hatchery', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, {
        mode: phase === 'parking' ? 'park' : 'dispose',
      });
      expect(await launch(rig)).toMatchObject({
        status: 409,
        body: { code: 'OperationInProgress', operation: { type: 'launchWorkspace' } },
      });

      const terminating = apiRig();
      await terminating.launched('alice');
      await terminating.call('hatchery', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'park' });
      expect(await launch(terminating)).toMatchObject({
        status: 409,
        body: { code: 'OperationInProgress', operation: { type: 'terminateWorkspace' } },
      });
    },
  );

  test('two at once: one starts, the other joins it', async () => {
    const rig = apiRig();
    const [one, two] = await Promise.all([launch(rig), launch(rig)]);
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(rig.workflows.started).toHaveLength(1);
  });
});

describe('error', () => {
  test('every problem of a block at once, each with its pointer', async () => {
    const rig = apiRig();
    const nextflow = { 'compute-environment-type': 'FARGATE', 'instance-type': 'c5.large', 'instance-max-vcpus': 0 };
    const answer = await launch(rig, { user: 'alice', nextflow });
    expect(answer).toMatchObject({ status: 422, body: { code: 'Invalid', title: expect.any(String) } });
    const { errors } = answer.body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(
      expect.arrayContaining([
        '/nextflow/compute-environment-type',
        '/nextflow/instance-ami',
        '/nextflow/instance-max-vcpus',
      ]),
    );
    expect(rig.workflows.started).toEqual([]);
  });

  test.each([
    ['no such profile', { user: 'alice', profile: 'nope' }, 'Invalid', '/profile'],
    ['a profile that only objects have', { user: 'alice', profile: 'constructor' }, 'Invalid', '/profile'],
    ['neither profile nor block', { user: 'alice' }, 'Invalid', '/profile'],
    ['both', { user: 'alice', profile: 'nextflow', nextflow: A_BLOCK }, 'Invalid', '/profile'],
    [
      'a pay model above its limit',
      {
        user: 'alice',
        profile: 'nextflow',
        payModel: { ecs: true, account_id: '999999999999', request_status: 'above limit' },
      },
      'PayModelInactive',
      '/payModel/request_status',
    ],
    [
      'a pay model without its account',
      { user: 'alice', profile: 'nextflow', payModel: { ecs: true, request_status: 'active' } },
      'PayModelInactive',
      '/payModel/account_id',
    ],
    [
      'a user whose names are too long',
      { user: `${'a'.repeat(60)}@example.com`, profile: 'nextflow' },
      'NameTooLong',
      '/user',
    ],
    ['a user with a tab', { user: 'a\tb', profile: 'nextflow' }, 'NameTooLong', '/user'],
    ['a user that is no text', { user: 7, profile: 'nextflow' }, 'Invalid', '/user'],
    [
      'a block with a misspelt key',
      { user: 'alice', nextflow: { ...A_BLOCK, 'instance-typ': 'x' } },
      'Invalid',
      '/nextflow/instance-typ',
    ],
  ])('%s is refused before anything is started', async (_, body, code, pointer) => {
    const rig = apiRig();
    const answer = await launch(rig, body);
    expect(answer).toMatchObject({ status: 422, body: { code } });
    expect((answer.body as { errors: { pointer: string }[] }).errors.map((error) => error.pointer)).toContain(pointer);
    expect(rig.workflows.started).toEqual([]);
  });

  test('Temporal down is 503 with Retry-After', async () => {
    const rig = apiRig();
    rig.workflows.down = true;
    const answer = await launch(rig);
    expect(answer).toMatchObject({ status: 503, body: { code: 'Unavailable' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('a control bucket that refuses us is 503, not a refusal of the caller', async () => {
    const rig = apiRig();
    const { fail } = await import('#domain/core/failures.ts');
    const facts = { awsCode: 'AccessDenied', operation: 's3:GetObject' };
    rig.s3.broken = fail('Denied', 'not authorized to perform s3:GetObject on arn:…', facts);
    const answer = await launch(rig);
    expect(answer).toMatchObject({
      status: 503,
      body: {
        code: 'Unavailable',
        detail: expect.stringMatching(/own call s3:GetObject is refused \(AccessDenied\).*eyrie doctor/),
      },
    });
    expect(answer.text).not.toContain('arn:');
  });

  test('an unexpected error is 500 with a request id and no word of what it was', async () => {
    const rig = apiRig();
    rig.s3.broken = new Error('password=hunter2');
    const answer = await launch(rig);
    expect(answer).toMatchObject({
      status: 500,
      body: { code: 'Unknown', requestId: answer.headers.get('x-request-id') },
    });
    expect(answer.text).not.toContain('hunter2');
  });
});

test('a workspace that still holds resources in another account has to be disposed of first, and nothing is started', async () => {
  const rig = apiRig();
  await rig.launched('alice');
  const payModel = { ecs: true, account_id: '999999999999', request_status: 'active' };
  const answer = await launch(rig, { user: 'alice', profile: 'nextflow', payModel });
  expect(answer.status).toBe(409);
  expect(answer.body).toMatchObject({
    code: 'DisposeFirst',
    detail: expect.stringContaining(OWN_ACCOUNT),
    operation: null,
  });
  expect(rig.workflows.started).toHaveLength(1);
});

test('a number out of range is told together with all else that is wrong', async () => {
  const nextflow = {
    ...A_BLOCK,
    'compute-environment-type': 'FARGATE',
    'instance-max-vcpus': -1,
    'instance-min-vcpus': 0.5,
  };
  const answer = await launch(apiRig(), { user: 'a'.repeat(70), nextflow });
  expect(answer.status).toBe(422);
  const { errors } = answer.body as { errors: { pointer: string }[] };
  expect(errors.map(({ pointer }) => pointer)).toEqual(
    expect.arrayContaining([
      '/nextflow/compute-environment-type',
      '/nextflow/instance-max-vcpus',
      '/nextflow/instance-min-vcpus',
      '/user',
    ]),
  );
});
