import { describe, expect, test } from 'vitest';
import { parseEvents } from '#cli/server-sent-events.ts';
import type { ComputeRecord } from '#domain/compute/record.ts';
import { fail } from '#domain/core/failures.ts';
import { aBody, computeOf, computeRig, PATH } from './compute-rig.ts';
import { ENVIRONMENT, TOKENS } from './rig.ts';

type Rig = ReturnType<typeof computeRig>;

const LEFT = [{ type: 'AWS::IAM::Role', id: null, name: 'TowerForge-x-InstanceRole', reason: 'Denied' }];

const act = (rig: Rig, method: string, forgeId: string, what = '', body?: unknown) =>
  rig.call('operator', method, `${PATH}/${forgeId}${what}`, body);

describe('show', () => {
  test('by either form of the id', async () => {
    const rig = computeRig();
    const { compute, id } = await rig.created();
    expect(computeOf(await rig.get(id))).toMatchObject({
      id,
      forgeId: compute.forgeId,
      phase: 'available',
      status: 'AVAILABLE',
    });
    expect((await rig.get(compute.forgeId)).body).toEqual((await rig.get(id)).body);
  });

  test.each(['elsewhere.aaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaa', `${ENVIRONMENT}.nothing`, 'x'.repeat(500)])(
    '%s is not there',
    async (id) => {
      expect(await computeRig().get(id)).toMatchObject({ status: 404, body: { code: 'NotFound' } });
    },
  );

  test('what a create makes is there before a worker answers, and before there is a record', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody({ labels: { a: 'b' } })));
    expect(computeOf(await rig.get(forgeId))).toMatchObject({
      ...{ name: 'genomes', phase: 'planned', status: 'CREATING', labels: { a: 'b' } },
      config: { workDir: 's3://scratch/dir' },
      operation: { type: 'createComputeEnvironment' },
    });
  });

  test('the ledger has Seqera’s names, and ARNs where Seqera has them', async () => {
    const rig = computeRig();
    const step = { origin: 'created', step: 'x' } as const;
    const resources = [
      { ...step, type: 'AWS::IAM::Role', id: 'arn:aws:iam::111122223333:role/TowerForge-a-InstanceRole', name: 'n' },
      { ...step, type: 'AWS::EC2::LaunchTemplate', id: 'lt-1', name: 'TowerForge-a' },
      { ...step, type: 'AWS::Batch::ComputeEnvironment', id: 'TowerForge-a-work', name: 'TowerForge-a-work' },
      { ...step, type: 'AWS::Batch::JobQueue', id: 'TowerForge-a-work', name: 'TowerForge-a-work' },
      { ...step, type: 'AWS::EFS::FileSystem', id: 'fs-1', name: null },
    ];
    const { id } = await rig.created(aBody(), { resources });
    expect(computeOf(await rig.get(id)).forgedResources).toEqual([
      { IamRole: 'arn:aws:iam::111122223333:role/TowerForge-a-InstanceRole' },
      { Ec2LaunchTemplate: 'TowerForge-a' },
      { BatchEnv: 'arn:aws:batch:us-east-1:111122223333:compute-environment/TowerForge-a-work' },
      { BatchQueue: 'arn:aws:batch:us-east-1:111122223333:job-queue/TowerForge-a-work' },
      { EfsId: 'fs-1' },
    ]);
  });

  test('a create whose run was ended from outside has failed, with what may be left; an update has degraded it', async () => {
    const rig = computeRig();
    const { forgeId, operation } = computeOf(await rig.post(aBody()));
    await rig.finish(forgeId, { phase: 'creating', operation });
    rig.closeOf(forgeId, 'TERMINATED');
    expect(computeOf(await rig.get(forgeId))).toMatchObject({
      phase: 'failed-dirty',
      status: 'ERRORED',
      operation: null,
    });
    expect(computeOf(await rig.get(forgeId)).message).toContain('ended from outside');

    const { compute } = await rig.created(aBody({ name: 'two' }));
    const patch = await act(rig, 'PATCH', compute.forgeId, '', { config: { forge: { maxCpus: 128 } } });
    await rig.finish(compute.forgeId, { phase: 'updating', operation: computeOf(patch).operation });
    rig.closeOf(compute.forgeId, 'TERMINATED');
    expect(computeOf(await rig.get(compute.forgeId))).toMatchObject({ phase: 'degraded', status: 'INVALID' });
  });

  test('events: at once and on each change, until the operation has ended', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody()));
    let looks = 0;
    rig.workflows.afterDescribe = () => {
      looks += 1;
      if (looks === 10) rig.changeOf(forgeId, { phase: 'creating' });
      if (looks === 20) void rig.finish(forgeId);
    };
    const headers = { authorization: `Bearer ${TOKENS.operator}` };
    const answer = await rig.app.request(`${PATH}/${forgeId}/events`, { headers });
    const events = [];
    for await (const { event, data } of parseEvents(answer.body))
      events.push([event, (JSON.parse(data) as { phase?: string }).phase]);
    expect(events).toEqual([
      ['compute-environment', 'planned'],
      ['compute-environment', 'creating'],
      ['compute-environment', 'available'],
      ['end', undefined],
    ]);
  });
});

describe('list', () => {
  const names = async (rig: Rig, query: string, as: 'operator' | 'platform' = 'operator') => {
    const { body } = await rig.call(as, 'GET', `${PATH}${query}`);
    return (body as { items: { name: string }[] }).items.map(({ name }) => name).toSorted();
  };

  const three = async () => {
    const rig = computeRig();
    await rig.created(aBody({ name: 'one' }, {}, { eyrie: { alias: 'shared' } }));
    await rig.created(aBody({ name: 'two' }), { phase: 'failed-clean' });
    await rig.created(aBody({ name: 'three' }), { phase: 'deleting', hidden: true });
    return rig;
  };

  test.each([
    ['', ['one', 'three', 'two']],
    ['?status=ERRORED', ['two']],
    ['?phase=available', ['one']],
    ['?name=two', ['two']],
    ['?alias=shared', ['one']],
  ])('%s', async (query, expected) => {
    expect(await names(await three(), query)).toEqual(expected);
  });

  test('a create that no worker has begun is listed, too, and picked out by what it asks for', async () => {
    const rig = await three();
    await rig.post(aBody({ name: 'four' }, {}, { eyrie: { alias: 'fresh' } }));
    expect(await names(rig, '')).toEqual(['four', 'one', 'three', 'two']);
    for (const query of ['?status=CREATING', '?phase=planned', '?name=four', '?alias=fresh'])
      expect(await names(rig, query)).toEqual(['four']);
    expect(await names(rig, '?tenantOf=x')).toEqual([]);
  });

  test('what was removed by force is for operators only', async () => {
    const rig = await three();
    expect(await names(rig, '', 'platform')).toEqual(['one', 'two']);
  });

  test('pages follow each other and end; items have no steps', async () => {
    const rig = await three();
    const first = (await rig.call('operator', 'GET', `${PATH}?limit=2`)).body as {
      items: object[];
      nextCursor: string;
    };
    const second = (await rig.call('operator', 'GET', `${PATH}?limit=2&cursor=${first.nextCursor}`)).body;
    expect(first.items[0]).not.toHaveProperty('steps');
    expect(second).toMatchObject({ items: [{}], nextCursor: null });
  });

  test.each(['?limit=0', '?status=NONE', '?phase=none', '?cursor=abc', '?color=red'])('%s is 422', async (query) => {
    expect((await computeRig().call('operator', 'GET', `${PATH}${query}`)).status).toBe(422);
  });

  test('an alias is the newest one’s that was not deleted', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const rig = computeRig({ now: () => now });
    const made: ComputeRecord[] = [];
    for (const name of ['one', 'two', 'three']) {
      made.push(
        await rig.created(
          aBody({ name }, {}, { eyrie: { alias: 'prod' } }),
          name === 'three' ? { phase: 'deleted' } : {},
        ),
      );
      now += 1_000;
    }
    expect((await rig.call('platform', 'GET', `${PATH}/by-alias/prod`)).body).toMatchObject({ id: made[1]?.id });
    expect((await rig.call('operator', 'GET', `${PATH}/by-alias/none`)).status).toBe(404);
  });
});

describe('change', () => {
  test('what AWS has to do runs as an update of what is pinned', async () => {
    const rig = computeRig();
    const { compute } = await rig.created();
    const answer = await act(rig, 'PATCH', compute.forgeId, '', {
      config: { forge: { maxCpus: 128 } },
      labels: { a: 'b' },
    });
    expect([answer.status, computeOf(answer).operation?.type]).toEqual([202, 'updateComputeEnvironment']);
    expect(rig.runOf(compute.forgeId)?.input).toMatchObject({
      reason: 'update',
      compute: {
        ...compute,
        labels: { a: 'b' },
        config: { ...compute.config, forge: { ...compute.config.forge, maxCpus: 128 } },
      },
    });
  });

  test('null is what leaving it out is, or for ever where an option says so', async () => {
    const rig = computeRig();
    const { compute } = await rig.created(aBody({ description: 'x' }, { imageId: 'ami-0123456789abcdef0' }));
    const patch = { description: null, config: { forge: { imageId: null }, eyrie: { logRetentionDays: null } } };
    await act(rig, 'PATCH', compute.forgeId, '', patch);
    expect(rig.runOf(compute.forgeId)?.input).toMatchObject({
      compute: { description: null, config: { forge: { imageId: null }, eyrie: { logRetentionDays: null } } },
    });
  });

  test('a name, or nothing, needs no update', async () => {
    const rig = computeRig();
    const { compute } = await rig.created();
    const renamed = await act(rig, 'PATCH', compute.forgeId, '', { name: 'other', description: 'for all' });
    expect(renamed).toMatchObject({ status: 200, body: { name: 'other', description: 'for all', operation: null } });
    expect((await act(rig, 'PATCH', compute.forgeId, '', {})).status).toBe(200);
    expect(rig.workflows.started).toHaveLength(1);

    // The old name is free, the new one taken.
    expect((await rig.post(aBody())).status).toBe(202);
    expect((await rig.post(aBody({ name: 'other' }))).status).toBe(409);
    expect((await act(rig, 'PATCH', compute.forgeId, '', { name: 'genomes' })).status).toBe(409);
  });

  test.each([
    ['/config/region', { region: 'eu-west-1' }],
    ['/config/forge/type', { forge: { type: 'EC2' } }],
    ['/config/eyrie/fairShare', { eyrie: { fairShare: {} } }],
    ['/config/eyrie/rolePath', { eyrie: { rolePath: '/x/' } }],
    ['/config/logGroup', { logGroup: '/mine' }],
    ['/config/forge/dragenEnabled', { forge: { dragenEnabled: true } }],
  ])('%s can’t be changed, and it says why', async (pointer, config) => {
    const rig = computeRig();
    const { compute } = await rig.created();
    const answer = await act(rig, 'PATCH', compute.forgeId, '', { config });
    expect(answer).toMatchObject({
      status: 409,
      body: {
        code: 'DisposeFirst',
        errors: expect.arrayContaining([{ pointer, detail: expect.stringMatching(/: ./) }]),
      },
    });
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('another account is another one', async () => {
    const account = { accountId: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/e', externalId: null };
    const rig = computeRig({ accounts: [account] });
    const { compute } = await rig.created();
    const answer = await act(rig, 'PATCH', compute.forgeId, '', { account: { id: account.accountId } });
    expect(answer).toMatchObject({ status: 409, body: { code: 'DisposeFirst', errors: [{ pointer: '/account' }] } });
  });

  test('what is not valid is 422, as for a create', async () => {
    const rig = computeRig();
    const { compute } = await rig.created();
    const answer = await act(rig, 'PATCH', compute.forgeId, '', { config: { forge: { minCpus: 65 } } });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/config/forge/minCpus' }] } });
  });

  test('not while another operation is in progress, or where nothing is there', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody()));
    expect(await act(rig, 'PATCH', forgeId, '', { name: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'OperationInProgress', operation: { type: 'createComputeEnvironment' } },
    });
    await rig.finish(forgeId, { phase: 'failed-clean' });
    expect(await act(rig, 'PATCH', forgeId, '', { name: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'NotReady' },
    });
  });
});

describe('delete', () => {
  test.each([
    ['', 'drain'],
    ['?jobs=terminate', 'terminate'],
  ])('%s starts a removal of what is pinned: %s', async (query, mode) => {
    const rig = computeRig();
    const { compute } = await rig.created(aBody(), { primary: true });
    const answer = await act(rig, 'DELETE', compute.forgeId, query);
    expect([answer.status, computeOf(answer).status]).toEqual([202, 'DELETING']);
    expect(rig.runOf(compute.forgeId)).toMatchObject({
      run: { type: 'disposeComputeEnvironment' },
      input: { mode, compute, dataConfirmed: false, drainMinutes: 60 },
    });
    expect((await rig.recordOf(compute.forgeId)).primary).toBe(false);
  });

  test('in the middle of a create it is unwound; again, a stronger wish takes over', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody()));
    await act(rig, 'DELETE', forgeId);
    await act(rig, 'DELETE', forgeId, '?jobs=terminate');
    expect(rig.workflows.terminateRequests.map(({ mode }) => mode)).toEqual(['drain', 'terminate']);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('that data may go is remembered, whatever runs', async () => {
    const rig = computeRig();
    const { compute } = await rig.created();
    await act(rig, 'DELETE', compute.forgeId, '?data=confirm&drainMinutes=5');
    expect(rig.runOf(compute.forgeId)?.input).toMatchObject({ dataConfirmed: true, drainMinutes: 5 });
    await rig.finish(compute.forgeId, { phase: 'failed-dirty', operation: null, leftovers: LEFT, remedy: 'drain' });
    expect((await act(rig, 'POST', compute.forgeId, '/retry')).status).toBe(202);
    expect(rig.runOf(compute.forgeId)?.input).toMatchObject({ mode: 'drain', dataConfirmed: true });
  });

  test('of one that is gone is success', async () => {
    const rig = computeRig();
    const { compute } = await rig.created(aBody(), { phase: 'deleted' });
    expect((await act(rig, 'DELETE', compute.forgeId)).status).toBe(202);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('of a create that never came to a record takes what its run may have made', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody()));
    rig.closeOf(forgeId, 'TERMINATED');
    expect(computeOf(await rig.get(forgeId))).toMatchObject({
      ...{ phase: 'failed-dirty', status: 'ERRORED', description: null },
      message: expect.stringContaining('ended from outside'),
    });
    expect((await act(rig, 'DELETE', forgeId)).status).toBe(202);
    expect(rig.runOf(forgeId)).toMatchObject({
      run: { type: 'disposeComputeEnvironment' },
      input: { compute: { forgeId } },
    });
  });

  test.each(['?jobs=kill', '?data=yes', '?force=1', '?drainMinutes=0', '?color=red'])('%s is 422', async (query) => {
    const rig = computeRig();
    const { compute } = await rig.created();
    expect((await act(rig, 'DELETE', compute.forgeId, query)).status).toBe(422);
  });
});

describe('force', () => {
  test.each(['failed-dirty', 'failed-clean', 'degraded', 'deleting'] as const)(
    'hides one that is %s at once',
    async (phase) => {
      const rig = computeRig();
      const { compute, id } = await rig.created(aBody(), { phase });
      expect((await rig.call('platform', 'DELETE', `${PATH}/${id}?force=true`)).status).toBe(202);
      expect(rig.runOf(compute.forgeId)?.input).toMatchObject({ mode: 'force' });
      expect((await rig.get(id, 'platform')).status).toBe(404);
      expect((await rig.get(id)).status).toBe(200);
    },
  );

  test.each(['available', 'disabled'] as const)('is refused for one that is %s', async (phase) => {
    const rig = computeRig();
    const { compute } = await rig.created(aBody(), { phase });
    expect(await act(rig, 'DELETE', compute.forgeId, '?force=true')).toMatchObject({
      status: 409,
      body: { code: 'DisposeFirst' },
    });
    expect((await rig.recordOf(compute.forgeId)).hidden).toBe(false);
  });

  test('hides nothing before its removal is sure', async () => {
    const rig = computeRig();
    const { id } = await rig.created(aBody(), { phase: 'failed-dirty' });
    const start = rig.workflows.start;
    rig.workflows.start = async () => {
      throw fail('Unavailable', 'Temporal does not answer');
    };
    expect((await rig.call('platform', 'DELETE', `${PATH}/${id}?force=true`)).status).toBe(503);
    rig.workflows.start = start;
    expect((await rig.call('platform', 'DELETE', `${PATH}/${id}?force=true`)).status).toBe(202);
  });

  test('not in the middle of a create', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody()));
    expect((await act(rig, 'DELETE', forgeId, '?force=true')).status).toBe(409);
    expect(rig.workflows.terminateRequests).toEqual([]);
  });
});

describe('state', () => {
  test('disabled and enabled, again and again; a disabled one is primary no more', async () => {
    const rig = computeRig();
    const { compute } = await rig.created(aBody(), { primary: true });
    for (const what of ['/disable', '/disable']) {
      expect(await act(rig, 'POST', compute.forgeId, what)).toMatchObject({
        status: 200,
        body: { status: 'DISABLED', primary: false },
      });
    }
    for (const what of ['/enable', '/enable']) {
      expect(await act(rig, 'POST', compute.forgeId, what)).toMatchObject({
        status: 200,
        body: { status: 'AVAILABLE' },
      });
    }
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('one that was degraded is so again when it is enabled', async () => {
    const rig = computeRig();
    const { compute } = await rig.created(aBody(), { phase: 'degraded', degraded: 'a queue is gone' });
    await act(rig, 'POST', compute.forgeId, '/disable');
    expect(await act(rig, 'POST', compute.forgeId, '/enable')).toMatchObject({
      body: { status: 'INVALID', message: 'a queue is gone' },
    });
  });

  test('one is primary', async () => {
    const rig = computeRig();
    const one = await rig.created(aBody({ name: 'one' }));
    const two = await rig.created(aBody({ name: 'two' }));
    await act(rig, 'POST', one.compute.forgeId, '/primary');
    expect(await act(rig, 'POST', two.compute.forgeId, '/primary')).toMatchObject({ body: { primary: true } });
    expect((await rig.recordOf(one.compute.forgeId)).primary).toBe(false);
  });

  test('of two that are made primary at once, the later one is it', async () => {
    const rig = computeRig();
    const later = { primary: true, updatedAt: '2999-01-01T00:00:00.000Z' };
    const one = await rig.created(aBody({ name: 'one' }), later);
    const two = await rig.created(aBody({ name: 'two' }));
    await act(rig, 'POST', two.compute.forgeId, '/primary');
    expect((await rig.recordOf(one.compute.forgeId)).primary).toBe(true);
  });

  test.each(['/enable', '/disable', '/primary', '/validate'])(
    '%s needs one that is there and at rest',
    async (what) => {
      const rig = computeRig();
      const { forgeId } = computeOf(await rig.post(aBody()));
      expect(await act(rig, 'POST', forgeId, what)).toMatchObject({ status: 409 });
      await rig.finish(forgeId, { phase: 'failed-clean' });
      expect(await act(rig, 'POST', forgeId, what)).toMatchObject({ status: 409, body: { code: 'NotReady' } });
    },
  );

  test.each([
    [undefined, false],
    [{ repair: true }, true],
  ])('validate %j starts a look at AWS', async (body, repair) => {
    const rig = computeRig();
    const { compute } = await rig.created();
    const answer = await act(rig, 'POST', compute.forgeId, '/validate', body);
    expect([answer.status, computeOf(answer).operation?.type]).toEqual([202, 'validateComputeEnvironment']);
    expect(rig.runOf(compute.forgeId)?.input).toMatchObject({ repair, compute });
    expect((await act(rig, 'POST', compute.forgeId, '/validate', body)).status).toBe(409);
  });
});

describe('repair', () => {
  test('what waits is made at once; a step is abandoned with its reason', async () => {
    const rig = computeRig();
    const { forgeId } = computeOf(await rig.post(aBody()));
    rig.changeOf(forgeId, { waiting: ['efs'] });
    expect((await act(rig, 'POST', forgeId, '/retry', { step: 'efs' })).status).toBe(202);
    const abandoned = { step: 'efs', reason: 'the zone is full' };
    expect((await act(rig, 'POST', forgeId, '/abandon-step', abandoned)).status).toBe(202);
    expect([rig.workflows.retried, rig.workflows.abandoned]).toEqual([['efs'], [abandoned]]);
    rig.changeOf(forgeId, { waiting: [] });
    expect(await act(rig, 'POST', forgeId, '/retry')).toMatchObject({ status: 409, body: { code: 'NothingWaiting' } });
  });

  test.each([
    ['a create that was to be kept', { phase: 'failed-dirty', remedy: 'create' }, 'createComputeEnvironment'],
    ['a create that was taken back', { phase: 'failed-clean' }, 'createComputeEnvironment'],
    ['leftovers of one', { phase: 'failed-dirty', leftovers: LEFT }, 'disposeComputeEnvironment'],
    ['an update', { phase: 'degraded', remedy: 'update' }, 'updateComputeEnvironment'],
    ['a removal', { phase: 'failed-dirty', remedy: 'terminate' }, 'disposeComputeEnvironment'],
  ] as const)('goes on with %s', async (_what, changes, type) => {
    const rig = computeRig();
    const { compute, runId } = await rig.created(aBody(), changes);
    expect((await act(rig, 'POST', compute.forgeId, '/retry')).status).toBe(202);
    const { run, input } = rig.runOf(compute.forgeId) ?? {};
    expect(run?.type).toBe(type);
    expect(input).toMatchObject({ compute });
    // What is gone on with is known by the id of its run; where nothing was left, a run of its own begins.
    if ('remedy' in changes && changes.remedy !== 'terminate') expect(input).toMatchObject({ runId });
    if (changes.phase === 'failed-clean') expect(input).not.toMatchObject({ runId });
  });

  test('nothing is to be retried of one that is available', async () => {
    const rig = computeRig();
    const { compute } = await rig.created();
    expect(await act(rig, 'POST', compute.forgeId, '/retry')).toMatchObject({
      status: 409,
      body: { code: 'NothingWaiting' },
    });
  });
});

describe('export', () => {
  test('makes another one like it', async () => {
    const rig = computeRig();
    const body = aBody(
      { description: 'x', labels: { a: 'b' }, onFailure: 'resume' },
      { minCpus: 2, instanceTypes: ['c6i'] },
      {
        environment: [{ name: 'A', value: 'b', head: true }],
        eyrie: { logRetentionDays: null, unschedulableSeconds: null },
      },
    );
    const { compute } = await rig.created(body);
    const { body: exported } = await act(rig, 'GET', compute.forgeId, '/export');
    await act(rig, 'DELETE', compute.forgeId);
    const again = await rig.post({ ...(exported as object), name: 'again' });
    const input = rig.runOf(computeOf(again).forgeId)?.input as unknown as {
      compute: ComputeRecord['compute'];
      onFailure: string;
    };
    expect(again.status).toBe(202);
    expect(input.onFailure).toBe('resume');
    expect(input.compute).toEqual({ ...compute, name: 'again', forgeId: computeOf(again).forgeId });
  });
});

describe('nextflow.config', () => {
  test('names its queues, once it is there', async () => {
    const rig = computeRig({ awsEndpoint: 'http://127.0.0.1:4566' });
    const { forgeId } = computeOf(await rig.post(aBody()));
    expect(await act(rig, 'GET', forgeId, '/nextflow.config')).toMatchObject({
      status: 409,
      body: { code: 'NotReady' },
    });
    await rig.finish(forgeId);
    const { status, text, headers } = await act(rig, 'GET', forgeId, '/nextflow.config');
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
    expect(text).toContain(`TowerForge-${forgeId}-work`);
    expect(text).toContain("aws.client.endpoint = 'http://127.0.0.1:4566'");
  });
});

describe('policies', () => {
  test('of one phase or all, and the same that a plan tells before', async () => {
    const rig = computeRig();
    const headers = { 'idempotency-key': 'k' };
    const plan = (await rig.call('operator', 'POST', `${PATH}/plan`, aBody(), headers)).body as { policies: unknown[] };
    const { forgeId } = computeOf(await rig.post(aBody(), headers));
    expect((await act(rig, 'GET', forgeId, '/policies')).body).toEqual({ items: plan.policies });
    const { body } = await act(rig, 'GET', forgeId, '/policies?phase=dispose');
    expect(body).toMatchObject({ items: [{ phase: 'dispose', documents: [{ Version: '2012-10-17' }] }] });
    expect((await act(rig, 'GET', forgeId, '/policies?phase=none')).status).toBe(422);
  });
});

describe('rights', () => {
  const ROUTES: [method: string, path: string, body: unknown][] = [
    ['GET', '', undefined],
    ['POST', '', aBody({ name: 'new' })],
    ['POST', '/plan', aBody({ name: 'new' })],
    ['GET', '/by-alias/x', undefined],
    ['GET', '/ID', undefined],
    ['GET', '/ID/events', undefined],
    ['GET', '/ID/export', undefined],
    ['GET', '/ID/nextflow.config', undefined],
    ['GET', '/ID/policies', undefined],
    ['PATCH', '/ID', {}],
    ['POST', '/ID/disable', undefined],
    ['POST', '/ID/enable', undefined],
    ['POST', '/ID/primary', undefined],
    ['POST', '/ID/retry', undefined],
    ['POST', '/ID/abandon-step', { step: 'x', reason: 'y' }],
    ['POST', '/ID/validate', undefined],
    ['DELETE', '/ID', undefined],
  ];

  test.each(ROUTES)('%s %s is not for users, whether it is there or not', async (method, path, body) => {
    const rig = computeRig();
    const { id } = await rig.created();
    const starts = rig.workflows.started.length;
    const there = await rig.call('alice', method, PATH + path.replace('ID', id), body);
    const missing = await rig.call('alice', method, PATH + path.replace('ID', `${ENVIRONMENT}.nothing`), body);
    expect([there.status, missing.status]).toEqual([403, 403]);
    expect(rig.workflows.started).toHaveLength(starts);

    // Control: for others it is.
    const allowed = await rig.call('platform', method, PATH + path.replace('ID', id), body);
    expect([200, 202, 404, 409]).toContain(allowed.status);
  });

  test('a client that compute.clients names reaches nothing else', async () => {
    const rig = computeRig();
    for (const path of [
      '/v1/workspaces',
      '/v1/schedules',
      '/v1/compute-environmentsX',
      '/hatchery/nextflow-config?user=a',
    ]) {
      expect(await rig.call('platform', 'GET', path)).toMatchObject({ status: 403, body: { code: 'Denied' } });
    }
    expect((await rig.call('platform', 'GET', PATH)).status).toBe(200);
  });

  test('a service client that it does not name has none', async () => {
    const rig = computeRig({ computeClients: [] });
    expect(await rig.call('hatchery', 'GET', PATH)).toMatchObject({ status: 403, body: { code: 'Denied' } });
    expect((await rig.call('hatchery', 'GET', '/v1/workspaces')).status).toBe(200);
  });
});
