import { describe, expect, test } from 'vitest';
import type { ComputeRecord } from '#domain/compute/record.ts';
import { aBody, computeOf, computeRig, PATH } from './compute-rig.ts';
import { type ApiAnswer, ENVIRONMENT, OWN_ACCOUNT } from './rig.ts';

const OTHER = { accountId: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/eyrie', externalId: null };

const shared = (eyrie: object = {}) =>
  aBody({ name: 'pool' }, {}, { eyrie: { shared: true, alias: 'everybody', ...eyrie } });

const tenant = (
  tenantOf: string,
  { config = {}, ...changes }: { config?: object; name?: string; account?: object } = {},
) => ({
  name: 'team-a',
  ...changes,
  config: { region: 'us-east-1', workDir: 's3://team-a/work', eyrie: { tenantOf }, ...config },
});

const problemsOf = ({ body }: ApiAnswer) =>
  Object.fromEntries(
    ((body as { errors?: { pointer: string; detail: string }[] }).errors ?? []).map(({ pointer, detail }) => [
      pointer,
      detail,
    ]),
  );

const rigWithPool = async (changes: Partial<ComputeRecord> = {}) => {
  const rig = computeRig({ accounts: [OTHER], computeClients: ['hatchery'] });
  const pool = await rig.created(shared(), changes);
  return { ...rig, pool };
};

describe('a tenant', () => {
  test.each([
    ['id', (pool: ComputeRecord) => pool.id],
    ['forge id', (pool: ComputeRecord) => pool.compute.forgeId],
    ['name', () => 'pool'],
    ['alias', () => 'everybody'],
  ] as const)('names the shared one by its %s, and has its options', async (_what, named) => {
    const rig = await rigWithPool();
    const answer = await rig.post(tenant(named(rig.pool)));
    expect(answer.status).toBe(202);
    expect(computeOf(answer).config).toMatchObject({
      workDir: 's3://team-a/work',
      forge: { type: 'SPOT', maxCpus: 64 },
      eyrie: { tenantOf: rig.pool.id, shared: false, alias: null, fairShare: { shares: [] } },
    });
    expect(rig.runOf(computeOf(answer).forgeId)?.input).toMatchObject({
      compute: {
        tenancy: {
          forgeId: rig.pool.compute.forgeId,
          executionRole: `arn:aws:iam::${OWN_ACCOUNT}:role/TowerForge-${rig.pool.compute.forgeId}-ExecutionRole`,
        },
      },
    });
  });

  test('of nothing, of one that is not shared, of one in another account or region starts nothing', async () => {
    const rig = await rigWithPool();
    await rig.created(aBody({ name: 'alone' }));
    await rig.created({ ...shared({ alias: null }), name: 'away', account: { id: OTHER.accountId } });
    const started = rig.workflows.started.length;
    const refused = async (body: object) => {
      const answer = await rig.post(body);
      expect([answer.status, Object.keys(problemsOf(answer))]).toEqual([422, ['/config/eyrie/tenantOf']]);
      return problemsOf(answer)['/config/eyrie/tenantOf'];
    };
    expect(await refused(tenant('nobody'))).toContain('no compute environment nobody');
    expect(await refused(tenant('alone'))).toContain('not shared');
    expect(await refused(tenant('away'))).toContain(`account ${OTHER.accountId}`);
    expect(await refused(tenant('pool', { config: { region: 'eu-west-1' } }))).toContain('us-east-1');
    expect(rig.workflows.started).toHaveLength(started);
  });

  test.each([
    ['draining', 409],
    ['creating', 409],
    ['failed-clean', 409],
    ['updating', 202],
    ['disabled', 202],
    ['deleted', 422],
  ] as const)('of one that is %s: %i', async (phase, status) => {
    const rig = await rigWithPool({ phase });
    expect((await rig.post(tenant(rig.pool.id))).status).toBe(status);
  });

  test('whose options and those of the shared one do not go together is told so', async () => {
    const rig = await rigWithPool();
    const fusion = { waveEnabled: true, fusion2Enabled: true };
    await rig.created({
      name: 'fargate',
      config: {
        ...aBody().config,
        ...fusion,
        forge: { type: 'SPOT', maxCpus: 4, fargateHeadEnabled: true },
        eyrie: { shared: true },
      },
    });
    const answer = await rig.post(tenant('fargate', { config: { headJobCpus: 3 } }));
    expect([answer.status, Object.keys(problemsOf(answer))]).toEqual([422, ['/config/headJobCpus']]);
  });

  test('is planned without a place in the quotas, and costs nothing', async () => {
    const rig = await rigWithPool();
    const { body, status } = await rig.call('operator', 'POST', `${PATH}/plan`, tenant('pool'));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      standingCost: { perMonth: 0 },
      pools: [{ name: 'head', environment: null }, { name: 'work' }],
    });
    const { steps, policies } = body as { steps: { name: string }[]; policies: object[] };
    expect(steps.map(({ name }) => name)).toEqual([
      'preflight',
      'log-group',
      'job-role',
      'canary-head',
      'canary-work',
      'publish',
    ]);
    expect(JSON.stringify(policies)).not.toContain('CreateJobQueue');
  });

  test('the same call again is about the same one, whatever has become of the shared one', async () => {
    const rig = await rigWithPool();
    const key = { 'idempotency-key': 'k' };
    const first = computeOf(await rig.post(tenant('pool'), key));
    await rig.call('operator', 'PATCH', `${PATH}/${rig.pool.id}`, { config: { forge: { maxCpus: 128 } } });
    const { compute } = rig.pool;
    await rig.finish(compute.forgeId, {
      compute: { ...compute, config: { ...compute.config, forge: { ...compute.config.forge, maxCpus: 128 } } },
    });
    expect(computeOf(await rig.post(tenant('pool'), key)).id).toBe(first.id);
  });

  test('exports what it said, and is changed by that; where it runs stays', async () => {
    const rig = await rigWithPool();
    const { compute, id } = await rig.created(tenant('everybody'));
    const exported = await rig.call('operator', 'GET', `${PATH}/${id}/export`);
    expect(exported.body).toMatchObject({ config: { workDir: 's3://team-a/work', eyrie: { tenantOf: rig.pool.id } } });
    expect((exported.body as { config: object }).config).not.toHaveProperty('forge.type');
    const again = await rig.post({ ...(exported.body as object), name: 'team-b' });
    expect(again.status).toBe(202);
    const patch = (config: object) => rig.call('operator', 'PATCH', `${PATH}/${id}`, { config });
    expect((await patch({ forge: { maxCpus: 5 } })).status).toBe(422);
    expect((await patch({ eyrie: { tenantOf: null } })).status).toBe(422);
    await rig.created({ ...shared({ alias: null }), name: 'second' });
    expect(await patch({ eyrie: { tenantOf: 'second' } })).toMatchObject({
      status: 409,
      body: { code: 'DisposeFirst' },
    });
    expect((await patch({ eyrie: { logRetentionDays: 7 } })).status).toBe(202);
    expect(rig.runOf(compute.forgeId)?.input).toMatchObject({
      compute: { config: { eyrie: { logRetentionDays: 7 } } },
    });
  });

  test('has a configuration of Nextflow as the shared one is now, with its own share alone', async () => {
    const rig = await rigWithPool();
    const { compute, id } = await rig.created(tenant('pool'));
    const shown = (query = '') => rig.call('operator', 'GET', `${PATH}/${id}/nextflow.config${query}`);
    expect((await shown()).text).toContain(`shareIdentifier = '${compute.forgeId}'`);
    expect((await shown()).text).toContain(`queue = 'TowerForge-${rig.pool.compute.forgeId}-work'`);
    expect((await shown(`?share=${compute.forgeId}`)).status).toBe(200);
    expect((await shown('?share=another')).status).toBe(422);
    const { config } = rig.pool.compute;
    await rig.finish(rig.pool.compute.forgeId, {
      compute: { ...rig.pool.compute, config: { ...config, waveEnabled: true, fusion2Enabled: true } },
    });
    expect((await shown()).text).toContain('fusion {');
  });

  test('is listed with those of the same one', async () => {
    const rig = await rigWithPool();
    const { id } = await rig.created(tenant('pool'));
    await rig.created(aBody({ name: 'alone' }));
    const of = async (query: string) =>
      ((await rig.call('operator', 'GET', `${PATH}?${query}`)).body as { items: { id: string }[] }).items.map(
        (one) => one.id,
      );
    expect(await of(`tenantOf=${rig.pool.id}`)).toEqual([id]);
    expect(await of(`tenantOf=${rig.pool.compute.forgeId}`)).toEqual([id]);
    expect(await of(`tenantOf=${ENVIRONMENT}.nobody`)).toEqual([]);
  });
});

describe('one that is shared', () => {
  test.each(['', '?force=true'])('is not deleted while it has tenants %s: operators are told which', async (query) => {
    const rig = await rigWithPool({ phase: query === '' ? 'available' : 'degraded' });
    await rig.finish(rig.pool.compute.forgeId, { phase: 'available' });
    const { id } = await rig.created(tenant('pool'));
    await rig.finish(rig.pool.compute.forgeId, { phase: query === '' ? 'available' : 'degraded' });
    const remove = (as: 'operator' | 'hatchery') => rig.call(as, 'DELETE', `${PATH}/${rig.pool.id}${query}`);
    const told = await remove('operator');
    expect(told).toMatchObject({ status: 409, body: { code: 'DisposeFirst' } });
    expect(told.text).toContain(id);
    const untold = await remove('hatchery');
    expect(untold).toMatchObject({ status: 409, body: { code: 'DisposeFirst' } });
    expect(untold.text).toContain('1 compute environment runs in');
    expect(untold.text).not.toContain(id);
    expect(rig.runOf(rig.pool.compute.forgeId)?.run.type).toBe('createComputeEnvironment');
  });

  test.each([
    ['deleted', 202],
    ['failed-clean', 202],
    ['retained', 202],
    ['failed-dirty', 409],
    ['deleting', 409],
    ['disabled', 409],
  ] as const)('whose tenant is %s: %i', async (phase, status) => {
    const rig = await rigWithPool();
    await rig.created(tenant('pool'), { phase });
    expect((await rig.call('operator', 'DELETE', `${PATH}/${rig.pool.id}`)).status).toBe(status);
  });

  test('stays shared, and one that is not stays so', async () => {
    const rig = await rigWithPool();
    const patch = (id: string, shares: boolean) =>
      rig.call('operator', 'PATCH', `${PATH}/${id}`, { config: { eyrie: { shared: shares } } });
    expect(await patch(rig.pool.id, false)).toMatchObject({ status: 409, body: { code: 'DisposeFirst' } });
    const { id } = await rig.created(aBody({ name: 'alone' }));
    expect(await patch(id, true)).toMatchObject({ status: 409, body: { code: 'DisposeFirst' } });
  });
});
