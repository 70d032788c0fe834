import { describe, expect, test } from 'vitest';
import { apiRig, ENVIRONMENT, idOf, viewOf } from './rig.ts';

interface Page {
  readonly items: readonly { readonly user: string; readonly phase: string }[];
  readonly nextCursor: string | null;
}

const list = async (rig: ReturnType<typeof apiRig>, as: 'operator' | 'alice' = 'operator', query = '') =>
  (await rig.call(as, 'GET', `/v1/workspaces${query}`)).body as Page;

describe('happy', () => {
  test('operators see all, users their own, without steps', async () => {
    const rig = apiRig();
    for (const user of ['alice', 'bob', 'carol']) await rig.launched(user);
    const all = await list(rig);
    expect(all.items.map(({ user }) => user)).toEqual(['alice', 'bob', 'carol']);
    expect(all.items[0]).not.toHaveProperty('steps');
    expect((await list(rig, 'alice')).items.map(({ user }) => user)).toEqual(['alice']);
  });

  test('pages follow each other and end', async () => {
    const rig = apiRig();
    for (const user of ['alice', 'bob', 'carol']) await rig.launched(user);
    const first = await list(rig, 'operator', '?limit=2');
    expect(first.items).toHaveLength(2);
    const second = await list(rig, 'operator', `?limit=2&cursor=${first.nextCursor}`);
    expect(second.items.map(({ user }) => user)).toEqual(['carol']);
    expect(second.nextCursor).toBeNull();
  });

  test('a phase is picked out', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    await rig.launched('bob', { phase: 'parked' });
    expect((await list(rig, 'operator', '?phase=parked')).items.map(({ user }) => user)).toEqual(['bob']);
  });

  test('what is not well is picked out, with what to do; what does not run is neither', async () => {
    const rig = apiRig();
    const problems = [{ code: 'NotReady', detail: 'job queue q is DISABLED' }] as const;
    const health = { since: '2026-01-01T00:00:00.000Z', problems };
    await rig.launched('alice', { health });
    await rig.launched('bob');
    await rig.launched('carol', { phase: 'parked', health });
    const unhealthy = await list(rig, 'operator', '?unhealthy=true');
    expect(unhealthy.items).toMatchObject([
      {
        user: 'alice',
        phase: 'running',
        health: { ...health, hint: expect.stringContaining(`\`eyrie launch ${idOf('alice')}\` repairs it`) },
      },
    ]);
    const others = await list(rig, 'operator', '?unhealthy=false');
    expect(others.items).toMatchObject([
      { user: 'bob', health: null },
      { user: 'carol', health: null },
    ]);
  });

  test('a record whose operation was ended from outside is shown as failed', async () => {
    const rig = apiRig();
    const view = viewOf(await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' }));
    await rig.finish('alice', { phase: 'launching', operation: view.operation, key: null });
    rig.workflows.close(ENVIRONMENT, 'alice', 'TERMINATED');
    expect((await list(rig)).items).toMatchObject([{ phase: 'failed' }]);
  });
});

describe('what no worker has begun', () => {
  const launch = (rig: ReturnType<typeof apiRig>, user: string) =>
    rig.call('hatchery', 'POST', '/v1/workspaces', { user, profile: 'nextflow' });
  const usersIn = async (rig: ReturnType<typeof apiRig>, as: 'operator' | 'alice', query = '') =>
    (await list(rig, as, query)).items.map(({ user, phase }) => `${user} ${phase}`);

  test('a first launch has its place among the others, in each page and for its user', async () => {
    const rig = apiRig();
    for (const user of ['bob', 'dave']) await rig.launched(user);
    for (const user of ['alice', 'carol', 'erin']) await launch(rig, user);
    const all = ['alice launching', 'bob running', 'carol launching', 'dave running', 'erin launching'];
    expect(await usersIn(rig, 'operator')).toEqual(all);
    expect(await usersIn(rig, 'alice')).toEqual(['alice launching']);
    const paged: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page = await list(rig, 'operator', `?limit=2${cursor && `&cursor=${cursor}`}`);
      paged.push(...page.items.map(({ user, phase }) => `${user} ${phase}`));
      cursor = page.nextCursor;
    }
    expect(paged).toEqual(all);
  });

  test('is picked out by its phase, and is neither well nor unhealthy', async () => {
    const rig = apiRig();
    await rig.launched('bob');
    await launch(rig, 'alice');
    expect(await usersIn(rig, 'operator', '?phase=launching')).toEqual(['alice launching']);
    expect(await usersIn(rig, 'operator', '?phase=running')).toEqual(['bob running']);
    expect(await usersIn(rig, 'operator', '?unhealthy=true')).toEqual([]);
  });

  test('an operation on what has a record is shown in its phase, not in that of the record', async () => {
    const rig = apiRig();
    await rig.launched('alice', { phase: 'disposed' });
    await launch(rig, 'alice');
    await rig.launched('bob');
    await rig.call('operator', 'POST', `/v1/workspaces/${idOf('bob')}/terminate`, { mode: 'park' });
    expect(await usersIn(rig, 'operator')).toEqual(['alice launching', 'bob parking']);
    expect(await usersIn(rig, 'alice')).toEqual(['alice launching']);
    expect(await usersIn(rig, 'operator', '?phase=parking')).toEqual(['bob parking']);
    expect(await usersIn(rig, 'operator', '?phase=running')).toEqual([]);
  });

  test('is stuck after half a minute: no worker answers', async () => {
    let now = Date.now() - 60_000;
    const rig = apiRig({ now: () => now });
    await launch(rig, 'alice');
    now += 60_000;
    const stuck = { step: 'start', reason: 'no worker answers', exits: [] };
    expect((await list(rig)).items).toMatchObject([{ user: 'alice', phase: 'launching', stuck }]);
    const alone = viewOf(await rig.call('operator', 'GET', `/v1/workspaces/${idOf('alice')}`));
    expect(alone).toMatchObject({ stuck, steps: [{ name: 'start', state: 'waiting', waitingFor: 'a worker' }] });
  });

  test('another user of the same escaped name is not shown it', async () => {
    const rig = apiRig();
    await launch(rig, 'Alice');
    expect(await usersIn(rig, 'alice')).toEqual([]);
  });
});

describe('error', () => {
  test.each(['?limit=0', '?limit=101', '?limit=x', '?phase=none', '?cursor=abc', '?color=red', '?unhealthy=yes'])(
    '%s is 422',
    async (query) => {
      expect((await apiRig().call('operator', 'GET', `/v1/workspaces${query}`)).status).toBe(422);
    },
  );

  test('a cursor does not lead a user to the workspaces of others', async () => {
    const rig = apiRig();
    for (const user of ['alice', 'bob', 'carol']) await rig.launched(user);
    const { nextCursor } = await list(rig, 'operator', '?limit=1');
    const answer = await rig.call('alice', 'GET', `/v1/workspaces?cursor=${nextCursor}`);
    expect(answer.text).not.toContain(idOf('bob'));
    expect(answer.text).not.toContain(idOf('carol'));
  });
});
