import { describe, expect, test } from 'vitest';
import { apiRig, type Caller, ENVIRONMENT, idOf, viewOf } from './rig.ts';

type Rig = ReturnType<typeof apiRig>;

const rotate = (rig: Rig, body?: object, as: Caller = 'alice') =>
  rig.call(as, 'POST', `/v1/workspaces/${idOf('alice')}/rotate`, body);

/** It runs, and its key is in use. */
const claimed = async (): Promise<Rig> => {
  const rig = apiRig();
  await rig.launched('alice');
  await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/credentials`);
  return rig;
};

const last = (rig: Rig) => rig.workflows.started.at(-1);

test.each(['alice', 'hatchery', 'operator'] as const)('%s rotates a key that is in use', async (who) => {
  const rig = await claimed();
  const answer = await rotate(rig, undefined, who);
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/v1/workspaces/${idOf('alice')}`);
  expect(viewOf(answer)).toMatchObject({
    phase: 'running',
    operation: { type: 'rotateKeys', requestedBy: expect.stringContaining(':') },
    credential: { state: 'claimed' },
  });
  expect(last(rig)?.input).toMatchObject({ force: false, subject: { name: 'alice' } });
});

test('a double click is one rotation', async () => {
  const rig = await claimed();
  const [one, other] = await Promise.all([rotate(rig), rotate(rig)]);
  expect([one.status, other.status]).toContain(202);
  const again = await rotate(rig);
  expect(again.status).toBe(202);
  expect(rig.workflows.started.map(({ run }) => run.type)).toEqual(['launchWorkspace', 'rotateKeys']);
  expect(viewOf(again).operation?.runId).toBe('run-2');
});

test('a key that nobody has claimed yet is as good as a new one', async () => {
  const rig = apiRig();
  await rig.launched('alice');
  expect(await rotate(rig)).toMatchObject({ status: 202, body: { phase: 'running', operation: null } });
  expect(rig.workflows.started).toHaveLength(1);
  // Unless an operator says otherwise.
  expect((await rotate(rig, { force: true }, 'operator')).status).toBe(202);
  expect(last(rig)?.input).toMatchObject({ force: true });
});

describe('refused', () => {
  test.each(['parked', 'failed', 'disposed'] as const)('where it is %s', async (phase) => {
    const rig = apiRig();
    await rig.launched('alice', { phase, key: null });
    expect(await rotate(rig)).toMatchObject({ status: 409, body: { code: 'NotReady', operation: null } });
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('while it is launched, parked or disposed of', async () => {
    const rig = apiRig();
    await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' });
    expect(await rotate(rig)).toMatchObject({
      status: 409,
      body: { code: 'OperationInProgress', operation: { type: 'launchWorkspace' } },
    });
    const other = await claimed();
    await other.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'park' });
    expect(await rotate(other)).toMatchObject({
      status: 409,
      body: { code: 'OperationInProgress', operation: { type: 'terminateWorkspace' } },
    });
  });

  test('while a rotation unwinds to a termination', async () => {
    const rig = await claimed();
    await rotate(rig);
    await rig.call('alice', 'POST', `/v1/workspaces/${idOf('alice')}/terminate`, { mode: 'dispose' });
    expect(rig.workflows.terminateRequests).toHaveLength(1);
    expect(await rotate(rig)).toMatchObject({ status: 409, body: { operation: { type: 'rotateKeys' } } });
  });

  test('to others, and the word of an operator to a user', async () => {
    const rig = await claimed();
    expect((await rotate(rig, undefined, 'bob')).status).toBe(404);
    for (const who of ['alice', 'hatchery'] as const) {
      expect((await rotate(rig, { force: true }, who)).status).toBe(403);
    }
    expect((await rotate(rig, { forse: true })).status).toBe(422);
    expect((await rig.call('alice', 'POST', '/v1/workspaces/localhost.nobody/rotate')).status).toBe(404);
    expect(rig.workflows.started).toHaveLength(1);
  });
});

test('a launch waits for the rotation', async () => {
  const rig = await claimed();
  await rotate(rig);
  expect(await rig.call('hatchery', 'POST', '/v1/workspaces', { user: 'alice', profile: 'nextflow' })).toMatchObject({
    status: 409,
    body: { code: 'OperationInProgress', operation: { type: 'rotateKeys' } },
  });
});

test('a rotation that was ended from outside can be swept, and nothing else goes with it', async () => {
  const rig = await claimed();
  await rotate(rig);
  const { operation } = viewOf(await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`));
  rig.workflows.close(ENVIRONMENT, 'alice', 'TERMINATED');
  await rig.rewrite('alice', { operation, phaseBefore: 'running', unfinished: ['r-1'] });
  expect((await rig.call('operator', 'POST', `/v1/workspaces/${idOf('alice')}/retry`)).status).toBe(202);
  expect(last(rig)?.input).toMatchObject({ mode: 'sweep' });
});
