import { describe, expect, test } from 'vitest';
import { parseWait } from '#api/workspaces/await-launch.ts';
import { A_BLOCK, apiRig, ENVIRONMENT, idOf } from './rig.ts';

const BODY = { user: 'alice', nextflow: { enabled: true, ...A_BLOCK }, nextflowGlobal: null, payModel: null };

const launch = (rig: ReturnType<typeof apiRig>, headers: Record<string, string> = {}, body: object = BODY) =>
  rig.call('hatchery', 'POST', '/hatchery/launch', body, headers);

/** Ends the launch as soon as the API has looked at it. */
const finishSoon = (rig: ReturnType<typeof apiRig>, changes: Parameters<typeof rig.finish>[1] = {}): void => {
  let looks = 0;
  rig.workflows.afterDescribe = () => {
    looks += 1;
    if (looks === 3) void rig.finish('alice', changes);
  };
};

describe('POST /hatchery/launch', () => {
  test('waits, and answers with the key and nothing else', async () => {
    const rig = apiRig();
    finishSoon(rig);
    const answer = await launch(rig, { prefer: 'wait=30' });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body as object).sort()).toEqual(['accessKeyId', 'secretAccessKey']);
  });

  test('without waiting: 202, and the same call again joins, then answers', async () => {
    const rig = apiRig();
    expect(await launch(rig)).toMatchObject({ status: 202, body: { id: idOf('alice'), phase: 'launching' } });
    expect((await launch(rig)).status).toBe(202);
    await rig.finish('alice');
    expect((await launch(rig)).status).toBe(200);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('tells when to come back, and what was made of the wish to wait', async () => {
    const rig = apiRig();
    const answer = await launch(rig, { prefer: 'wait=1' });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.headers.get('preference-applied')).toBe('wait=1');
    expect((await launch(rig)).headers.get('preference-applied')).toBeNull();
    finishSoon(rig);
    const most = await launch(rig, { prefer: 'wait=999999' });
    expect(most.headers.get('preference-applied')).toBe('wait=900');
  });

  test('a process that stops answers those who wait: the same call at another one joins', async () => {
    const stopping = new AbortController();
    const rig = apiRig({ ending: stopping.signal });
    let looks = 0;
    rig.workflows.afterDescribe = () => {
      looks += 1;
      if (looks === 3) stopping.abort();
    };
    const answer = await launch(rig, { prefer: 'wait=600' });
    expect(answer).toMatchObject({ status: 202, body: { phase: 'launching' } });
    expect(answer.headers.get('retry-after')).toBe('5');
  });

  describe('while the workspace is being parked', () => {
    const parking = async () => {
      const rig = apiRig();
      await rig.launched('alice');
      await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice' });
      return rig;
    };
    const parked = async (rig: ReturnType<typeof apiRig>) => {
      await rig.rewrite('alice', { phase: 'parked', operation: null, key: null });
      rig.workflows.close(ENVIRONMENT, 'alice');
    };

    test('waits for that, then launches', async () => {
      const rig = await parking();
      let looks = 0;
      rig.workflows.afterDescribe = () => {
        looks += 1;
        if (looks === 4) void parked(rig);
      };
      const answer = await launch(rig, { prefer: 'wait=2' });
      expect(answer).toMatchObject({ status: 202, body: { phase: 'launching' } });
      expect(rig.workflows.started).toHaveLength(3);
    });

    test('is told to come back where it does not wait for long enough', async () => {
      const rig = await parking();
      for (const headers of [{}, { prefer: 'wait=1' }] as const) {
        const answer = await launch(rig, headers);
        expect(answer).toMatchObject({ status: 409, body: { code: 'OperationInProgress' } });
        expect(answer.headers.get('retry-after')).toBe('5');
      }
      await parked(rig);
      expect((await launch(rig)).status).toBe(202);
    });
  });

  test('a launch with another configuration is refused at once, however long the caller would wait', async () => {
    const rig = apiRig();
    await launch(rig);
    const other = { ...BODY, nextflow: { ...BODY.nextflow, 'instance-max-vcpus': 3 } };
    const answer = await launch(rig, { prefer: 'wait=600' }, other);
    expect(answer).toMatchObject({ status: 409, body: { code: 'OperationInProgress' } });
    expect(answer.headers.get('retry-after')).toBeNull();
  });

  test('a failed launch gives its problem to the call that waits', async () => {
    const rig = apiRig();
    const leftovers = [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'Denied' }];
    finishSoon(rig, {
      phase: 'failed',
      key: null,
      leftovers,
      error: { code: 'QuotaExceeded', detail: '50 of 50 queues', step: 'reserve-slots' },
    });
    expect(await launch(rig, { prefer: 'wait=30' })).toMatchObject({
      status: 409,
      body: { code: 'QuotaExceeded', detail: '50 of 50 queues', leftovers },
    });
  });

  test('a launch that fails between two calls is told once, then launched anew', async () => {
    const rig = apiRig();
    await launch(rig);
    await rig.finish('alice', {
      phase: 'failed',
      key: null,
      error: { code: 'Invalid', detail: 'no such image', step: 'preflight' },
    });
    expect(await launch(rig)).toMatchObject({ status: 422, body: { detail: 'no such image' } });
    expect((await launch(rig)).status).toBe(202);
    expect(rig.workflows.started).toHaveLength(2);
  });

  test('an answer that was lost can be had again with its Idempotency-Key, without a new launch', async () => {
    const rig = apiRig();
    await launch(rig);
    await rig.finish('alice');
    const first = await launch(rig, { 'idempotency-key': 'k' });
    expect(first.status).toBe(200);
    expect((await launch(rig, { 'idempotency-key': 'k' })).body).toEqual(first.body);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test("Hatchery's own global block wins over the configured one", async () => {
    const rig = apiRig();
    await launch(rig, {}, { ...BODY, nextflowGlobal: { 's3-objects-expiration-days': 7 } });
    expect(rig.workflows.started[0]?.input).toMatchObject({
      workspace: { global: { 's3-objects-expiration-days': 7 } },
    });
  });

  test.each([
    [undefined, 0],
    ['wait=30', 30_000],
    ['respond-async, wait=5', 5_000],
    ['wait="7"', 7_000],
    ['wait=-1', 0],
    ['wait=999999', 900_000],
    ['nowait=10', 0],
  ])('Prefer: %s waits %i ms', (prefer, ms) => {
    expect(parseWait(prefer)).toBe(ms);
  });
});

describe('POST /hatchery/terminate', () => {
  test('a user who never ran Nextflow is a quiet 204', async () => {
    const rig = apiRig();
    expect(await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'nobody' })).toMatchObject({
      status: 204,
      text: '',
    });
    expect(rig.workflows.started).toEqual([]);
  });

  test('parks a running workspace, and asks a launch to unwind', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    expect(await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice' })).toMatchObject({
      status: 202,
      body: { phase: 'parking' },
    });
    const other = apiRig();
    await launch(other);
    expect((await other.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice' })).status).toBe(202);
    expect(other.workflows.terminateRequests).toMatchObject([{ mode: 'park' }]);
  });

  test('a disposed workspace is nothing to park', async () => {
    const rig = apiRig();
    await rig.launched('alice', { phase: 'disposed' });
    expect((await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'alice' })).status).toBe(204);
  });
});

describe('GET /hatchery/expected', () => {
  const expected = async (
    rig: ReturnType<typeof apiRig>,
    as: 'hatchery' | 'alice' | 'operator' = 'hatchery',
    query = '',
  ) => rig.call(as, 'GET', `/hatchery/expected${query}`);

  test('lists who has what this client launched: not what is parked, and not what users launched', async () => {
    const rig = apiRig();
    await rig.launched("o'neil");
    await rig.launched('parked', { phase: 'parked', key: null });
    await rig.launched('own', { launchedBy: 'user:own' });
    await launch(rig, {}, { ...BODY, user: 'starting' });
    const { body } = await expected(rig);
    expect((body as { items: { user: string }[] }).items.map(({ user }) => user)).toEqual(["o'neil"]);
  });

  test('has pages', async () => {
    const rig = apiRig();
    for (const user of ['a', 'b', 'c']) await rig.launched(user);
    const first = (await expected(rig, 'hatchery', '?limit=2')).body as { items: unknown[]; nextCursor: string };
    expect(first.items).toHaveLength(2);
    const second = await expected(rig, 'hatchery', `?limit=2&cursor=${first.nextCursor}`);
    expect(second.body).toMatchObject({ items: [{ user: 'c' }], nextCursor: null });
  });

  test('is for clients alone', async () => {
    const rig = apiRig();
    expect((await expected(rig, 'alice')).status).toBe(403);
    expect((await expected(rig, 'operator')).status).toBe(403);
  });
});

describe('GET /hatchery/nextflow-config', () => {
  test('is the rendered configuration, as text', async () => {
    const rig = apiRig();
    await rig.launched('alice');
    const answer = await rig.call('hatchery', 'GET', '/hatchery/nextflow-config?user=alice');
    expect(answer).toMatchObject({ status: 200, text: '// for alice' });
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
  });

  test('is 404 once the workspace is disposed of', async () => {
    const rig = apiRig();
    await rig.launched('alice', { phase: 'disposed', key: null });
    expect((await rig.call('hatchery', 'GET', '/hatchery/nextflow-config?user=alice')).status).toBe(404);
  });

  test('is 404 for a user without one', async () => {
    expect((await apiRig().call('hatchery', 'GET', '/hatchery/nextflow-config?user=alice')).status).toBe(404);
  });
});
