/** The façade of Seqera's API: what its command line sends, and what it reads of the answers. */
import { describe, expect, test } from 'vitest';
import { computeOf, computeRig } from './compute-rig.ts';
import { OWN_ACCOUNT } from './rig.ts';

type Rig = ReturnType<typeof computeRig>;

const call = (rig: Rig, method: string, path: string, body?: unknown) =>
  rig.call('platform', method, `/seqera${path}`, body);

/** As the command line fills it in: nulls for what was not said, and switches that it always sends. */
const sent = (forge: object = {}, config: object = {}) => ({
  computeEnv: {
    name: 'demo',
    platform: 'aws-batch',
    credentialsId: '4b2ba2oekqeTEBzwSDgXg7',
    config: {
      discriminator: 'aws-batch',
      region: 'eu-west-1',
      workDir: 's3://bucket/work',
      fusion2Enabled: false,
      waveEnabled: false,
      preRunScript: null,
      volumes: null,
      forge: {
        ...{ type: 'SPOT', minCpus: 0, maxCpus: 123, gpuEnabled: false, ebsAutoScale: true, disposeOnDeletion: true },
        ...{ fusionEnabled: false, fargateHeadEnabled: false, instanceTypes: null, subnets: null, efsCreate: null },
        ...forge,
      },
      ...config,
    },
  },
});

const created = async (rig: Rig, changes = {}): Promise<string> => {
  const { computeEnvId } = (await call(rig, 'POST', '/compute-envs', sent())).body as { computeEnvId: string };
  await rig.finish(computeEnvId, changes);
  return computeEnvId;
};

describe('create', () => {
  test.each([
    ['Spot', {}, {}],
    ['on demand', { type: 'EC2' }, {}],
    ['EFS', { efsCreate: true }, {}],
    ['FSx', { fsxSize: 1200 }, { workDir: '/workdir' }],
    ['buckets by name, and a CLI', { minCpus: 8, allowBuckets: ['bkt1', 'bkt2'] }, { cliPath: '/home/bin/aws' }],
    ['Fusion with Wave', { ebsAutoScale: false }, { fusion2Enabled: true, waveEnabled: true }],
    [
      'variables, one of them twice',
      {},
      {
        environment: [
          { name: 'HEAD', value: 'value1', head: true, compute: false },
          { name: 'BOTH', value: 'value3', head: true, compute: true },
          { name: 'HEAD', value: 'value4', head: true, compute: false },
        ],
      },
    ],
  ])('%s: answers the id at once', async (_what, forge, config) => {
    const rig = computeRig();
    const answer = await call(rig, 'POST', '/compute-envs?workspaceId=12', sent(forge, config));
    expect([answer.status, answer.text]).toEqual([
      200,
      expect.stringMatching(/^{"computeEnvId":"[a-z][a-z0-9]{19}"}$/),
    ]);
  });

  test('of a variable that is set twice, the last one counts', async () => {
    const rig = computeRig();
    const environment = ['a', 'b'].map((value) => ({ name: 'X', value, head: true, compute: false }));
    const { body } = await call(rig, 'POST', '/compute-envs', sent({}, { environment }));
    const { input } = rig.runOf((body as { computeEnvId: string }).computeEnvId) ?? {};
    expect(input).toMatchObject({ compute: { config: { environment: [{ name: 'X', value: 'b' }] } } });
  });

  test('what is not valid is 400 with a message', async () => {
    const answer = await call(computeRig(), 'POST', '/compute-envs', sent({ maxCpus: 0, typo: 1 }));
    expect(answer.status).toBe(400);
    expect((answer.body as { message: string }).message).toMatch(
      /config\.forge\.maxCpus: .*config\.forge\.typo|typo: .*maxCpus: /,
    );
  });

  test('a name that is in use is 409; one that is free is told', async () => {
    const rig = computeRig();
    expect((await call(rig, 'GET', '/compute-envs/validate?name=demo&workspaceId=1')).status).toBe(204);
    await created(rig);
    expect((await call(rig, 'GET', '/compute-envs/validate?name=demo')).status).toBe(409);
    expect((await call(rig, 'GET', '/compute-envs/validate?name=a+b')).status).toBe(400);
    expect(await call(rig, 'POST', '/compute-envs', sent())).toMatchObject({
      status: 409,
      body: { message: expect.stringContaining('demo') },
    });
  });
});

describe('show', () => {
  test('the record as Seqera has it', async () => {
    const rig = computeRig();
    const id = await created(rig, {
      resources: [{ type: 'AWS::Batch::JobQueue', id: 'q', name: 'q', origin: 'created', step: 'job-queue-work' }],
    });
    const { status, body } = await call(rig, 'GET', `/compute-envs/${id}?attributes=labels&workspaceId=1`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      computeEnv: {
        ...{
          id,
          name: 'demo',
          platform: 'aws-batch',
          status: 'AVAILABLE',
          message: null,
          primary: false,
          deleted: false,
        },
        credentialsId: OWN_ACCOUNT,
        config: {
          ...{ discriminator: 'aws-batch', region: 'eu-west-1', workDir: 's3://bucket/work', volumes: [] },
          forge: { type: 'SPOT', maxCpus: 123 },
          forgedResources: [{ BatchQueue: `arn:aws:batch:eu-west-1:${OWN_ACCOUNT}:job-queue/q` }],
        },
      },
    });
  });

  test('what it exports, with all that is the platform’s, can be created again', async () => {
    const rig = computeRig();
    const { body } = await call(rig, 'GET', `/compute-envs/${await created(rig)}`);
    const { computeEnv } = body as { computeEnv: object };
    expect((await call(rig, 'POST', '/compute-envs', { computeEnv: { ...computeEnv, name: 'again' } })).status).toBe(
      200,
    );
  });

  test.each([
    ['planned', 'CREATING'],
    ['rolling-back', 'CREATING'],
    ['updating', 'AVAILABLE'],
    ['disabled', 'DISABLED'],
    ['degraded', 'INVALID'],
    ['failed-clean', 'ERRORED'],
    ['failed-dirty', 'ERRORED'],
    ['draining', 'DELETING'],
    ['retained', 'DELETED'],
  ] as const)('%s is %s', async (phase, status) => {
    const rig = computeRig();
    const id = await created(rig, { phase });
    expect((await call(rig, 'GET', `/compute-envs/${id}`)).body).toMatchObject({ computeEnv: { status } });
  });

  test.each(['3xkkzYH2nbD3nZjrzKm0oR', 'aaaaaaaaaaaaaaaaaaaa'])(
    '%s is not there: 403, as their command line wants it',
    async (id) => {
      for (const method of ['GET', 'DELETE'])
        expect(await call(computeRig(), method, `/compute-envs/${id}`)).toMatchObject({
          status: 403,
          body: { message: expect.any(String) },
        });
    },
  );

  test('listed by status, without what was deleted', async () => {
    const rig = computeRig();
    const id = await created(rig, { primary: true });
    const gone = computeOf(await rig.post({ ...sent().computeEnv, name: 'gone' })).forgeId;
    await rig.finish(gone, { phase: 'deleted' });
    const all = (await call(rig, 'GET', '/compute-envs?workspaceId=1')).body;
    expect(all).toMatchObject({
      computeEnvs: [{ id, name: 'demo', platform: 'aws-batch', status: 'AVAILABLE', primary: true }],
    });
    expect((await call(rig, 'GET', '/compute-envs?status=AVAILABLE')).body).toEqual(all);
    expect((await call(rig, 'GET', '/compute-envs?status=ERRORED')).body).toEqual({ computeEnvs: [] });
    expect((await call(rig, 'GET', '/compute-envs?status=NONE')).status).toBe(400);
  });
});

describe('change', () => {
  test('name and description', async () => {
    const rig = computeRig();
    const id = await created(rig);
    expect(
      (await call(rig, 'PUT', `/compute-envs/${id}`, { name: 'new', description: 'x', credentialsId: 'y' })).status,
    ).toBe(204);
    expect((await rig.recordOf(id)).compute).toMatchObject({ name: 'new', description: 'x' });
    await rig.finish(computeOf(await rig.post({ ...sent().computeEnv, name: 'other' })).forgeId);
    expect((await call(rig, 'PUT', `/compute-envs/${id}`, { name: 'other' })).status).toBe(409);
  });

  test('primary, disabled, enabled', async () => {
    const rig = computeRig();
    const id = await created(rig);
    for (const [what, expected] of [
      ['primary', { primary: true, phase: 'available' }],
      ['disable', { primary: false, phase: 'disabled' }],
      ['enable', { phase: 'available' }],
    ] as const) {
      expect((await call(rig, 'POST', `/compute-envs/${id}/${what}`, {})).status).toBe(204);
      expect(await rig.recordOf(id)).toMatchObject(expected);
    }
  });

  test('deleted: 204 at once, then gone; by force only where it has failed', async () => {
    const rig = computeRig();
    const id = await created(rig);
    expect((await call(rig, 'DELETE', `/compute-envs/${id}?force=true`)).status).toBe(409);
    expect((await call(rig, 'DELETE', `/compute-envs/${id}`)).status).toBe(204);
    expect((await call(rig, 'GET', `/compute-envs/${id}`)).body).toMatchObject({ computeEnv: { status: 'DELETING' } });
    await rig.finish(id, { phase: 'failed-dirty', operation: null });
    expect((await call(rig, 'DELETE', `/compute-envs/${id}?force=true`)).status).toBe(204);
    expect((await call(rig, 'GET', `/compute-envs/${id}`)).status).toBe(403);
    for (const as of ['platform', 'operator'] as const) {
      expect((await rig.call(as, 'GET', `/seqera/compute-envs/${id}`)).status).toBe(403);
      expect((await rig.call(as, 'GET', '/seqera/compute-envs')).body).toEqual({ computeEnvs: [] });
    }
  });

  test('validated: waits for the verdict', async () => {
    const rig = computeRig();
    const id = await created(rig);
    let looks = 0;
    rig.workflows.afterDescribe = () => {
      looks += 1;
      if (looks === 6) void rig.finish(id, { phase: 'degraded', degraded: 'a queue is gone' });
    };
    expect(await call(rig, 'POST', `/compute-envs/${id}/validate`)).toMatchObject({
      status: 200,
      body: { status: 'INVALID', message: 'a queue is gone', transientError: false },
    });
    rig.workflows.afterDescribe = undefined;
    expect((await call(rig, 'POST', `/compute-envs/${id}/validate?force=true`)).body).toMatchObject({
      status: 'AVAILABLE',
    });
    expect(await rig.recordOf(id)).toMatchObject({ phase: 'available', degraded: null });
    expect((await call(rig, 'POST', `/compute-envs/${id}/validate?force=true`)).status).toBe(409);
  });
});

describe('what their command line asks for first', () => {
  test('service, user, workspaces, credentials', async () => {
    const rig = computeRig({
      accounts: [{ accountId: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/e', externalId: 'secret-word' }],
    });
    expect((await call(rig, 'GET', '/service-info')).body).toMatchObject({
      serviceInfo: { apiVersion: expect.stringMatching(/^1\.\d+\.\d+$/) },
    });
    expect((await call(rig, 'GET', '/user-info')).body).toMatchObject({ user: { id: 1, userName: 'platform' } });
    expect((await call(rig, 'GET', '/user/1/workspaces')).body).toEqual({ orgsAndWorkspaces: [] });
    const { text, body } = await call(rig, 'GET', '/credentials?platformId=aws-batch');
    expect((body as { credentials: { id: string }[] }).credentials.map(({ id }) => id)).toEqual([
      OWN_ACCOUNT,
      '444455556666',
    ]);
    expect(text).not.toContain('secret-word');
    expect((await call(rig, 'GET', '/credentials?platformId=azure-batch')).body).toEqual({ credentials: [] });
  });

  test('credentials that it names are an account', async () => {
    const rig = computeRig({
      accounts: [{ accountId: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/e', externalId: null }],
    });
    const { computeEnv } = sent();
    const answer = await call(rig, 'POST', '/compute-envs', {
      computeEnv: { ...computeEnv, credentialsId: '444455556666' },
    });
    const { computeEnvId } = answer.body as { computeEnvId: string };
    expect(rig.runOf(computeEnvId)?.input).toMatchObject({ compute: { account: { accountId: '444455556666' } } });
  });
});

describe('labels', () => {
  const list = async (rig: Rig, query = '') => (await call(rig, 'GET', `/labels${query}`)).body as Labels;
  interface Labels {
    readonly labels: readonly { readonly id: number; readonly name: string; readonly value: string }[];
    readonly totalSize: number;
  }

  const labelled = async (rig: Rig, name: string, labels: object) => {
    const { computeEnvId } = (await call(rig, 'POST', '/compute-envs', withLabels(name, labels))).body as {
      computeEnvId: string;
    };
    await rig.finish(computeEnvId);
    return computeEnvId;
  };
  const withLabels = (name: string, labels: object) => ({ computeEnv: { ...sent().computeEnv, name, ...labels } });

  test('are those of compute environments, each once', async () => {
    const rig = computeRig();
    const project = { name: 'project', value: 'genomes' };
    const id = await labelled(rig, 'one', { labels: [project, { name: 'team', value: 'a' }] });
    await labelled(rig, 'two', { labels: [project] });
    const all = await list(rig, '?workspaceId=1&max=50');
    expect(all).toMatchObject({ labels: [project, { name: 'team', value: 'a' }], totalSize: 2 });
    expect(all.labels[0]).toEqual({ id: expect.any(Number), ...project, resource: true, isDefault: false });
    expect(await list(rig, '?search=PRO')).toMatchObject({ labels: [project], totalSize: 1 });
    expect(await list(rig, '?offset=1&max=1')).toMatchObject({ labels: [{ name: 'team' }], totalSize: 2 });
    expect(await list(rig, '?type=simple')).toEqual({ labels: [], totalSize: 0 });
    const shown = (await call(rig, 'GET', `/compute-envs/${id}`)).body as { computeEnv: Labels };
    expect(shown.computeEnv.labels).toEqual(all.labels);
  });

  test('are given to another environment that names them by id, as number or text', async () => {
    const rig = computeRig();
    await labelled(rig, 'one', { labels: [{ name: 'project', value: 'genomes' }] });
    const [project] = (await list(rig)).labels;
    const two = await labelled(rig, 'two', { labelIds: [project?.id, 7], labels: [{ name: 'team', value: 'a' }] });
    expect((await rig.recordOf(two)).compute.labels).toEqual({ project: 'genomes', team: 'a' });
    const three = await labelled(rig, 'three', { labelIds: [String(project?.id)] });
    expect((await rig.recordOf(three)).compute.labels).toEqual({ project: 'genomes' });
  });

  test('can not be made by themselves', async () => {
    const answer = await call(computeRig(), 'POST', '/labels', { name: 'project', value: 'x', resource: true });
    expect(answer).toMatchObject({ status: 405, body: { message: expect.stringContaining('GET') } });
  });
});

describe('refusals', () => {
  test.each([
    [401, null, 'GET', '/seqera/compute-envs'],
    [403, 'alice', 'GET', '/seqera/compute-envs'],
    [403, 'alice', 'GET', '/seqera/service-info'],
    [404, 'platform', 'GET', '/seqera/no-such-thing'],
    [405, 'platform', 'PATCH', '/seqera/compute-envs'],
  ] as const)('%i for %s: %s %s', async (status, as, method, path) => {
    expect(await computeRig().call(as, method, path)).toMatchObject({ status, body: { status } });
  });
});
