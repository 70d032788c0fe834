import { BatchClient, CreateComputeEnvironmentCommand, UpdateComputeEnvironmentCommand } from '@aws-sdk/client-batch';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aCompute, type ComputeOverrides } from '../domain/compute-input.ts';
import { computeTenant } from '../support/compute-cases.ts';
import { startCreate } from '../support/compute-runs.ts';
import { type EyrieHost, openEyrie } from '../support/eyrie.ts';
import { deleteRole } from '../support/roles-by-hand.ts';
import { failureOf, until, untilClosed } from '../support/workspace-runs.ts';

let eyrie: EyrieHost;
beforeAll(async () => {
  eyrie = await openEyrie();
});
afterAll(async () => {
  await eyrie.close();
});

type World = Awaited<ReturnType<typeof computeTenant>>;

/** Interfaces are the file systems' own, and go with them. */
const namesOf = async ({ made, main }: World): Promise<string[]> =>
  (await made())
    .filter(({ type }) => type !== 'AWS::EC2::NetworkInterface')
    .map(({ type, name }) => `${type.replace('AWS::', '')} ${(name ?? '').replace(main, '')}`.trim())
    .sort();

/** What every mode has. */
const COMMON = [
  'EC2::LaunchTemplate',
  'IAM::InstanceProfile -InstanceRole',
  'IAM::Role -ExecutionRole',
  'IAM::Role -InstanceRole',
  'Logs::LogGroup /aws/batch/',
];

const pools = (...endings: string[]): string[] =>
  endings.flatMap((ending) => [`Batch::ComputeEnvironment ${ending}`.trim(), `Batch::JobQueue ${ending}`.trim()]);

const FARGATE: ComputeOverrides = {
  config: { waveEnabled: true, fusion2Enabled: true },
  forge: { type: 'SPOT', fargateHeadEnabled: true },
};

const GPU_POOL = {
  name: 'gpu',
  label: 'gpu',
  type: 'EC2',
  minCpus: 0,
  maxCpus: 16,
  instanceTypes: ['g5'],
  allocStrategy: null,
  bidPercentage: null,
  gpuEnabled: true,
  arm64Enabled: false,
  imageId: null,
} as const;

describe('a mode', () => {
  test.concurrent.for([
    ['EC2', {}, pools('')],
    ['SPOT', { forge: { type: 'SPOT' } }, pools('-head', '-work')],
    ['SPOT with a Fargate head', FARGATE, [...pools('-head', '-work'), 'IAM::Role -FargateRole']],
    [
      'SPOT with BEST_FIT and a service role of its own',
      { forge: { type: 'SPOT', allocStrategy: 'BEST_FIT' }, eyrie: { serviceRole: true } },
      [...pools('-head', '-work'), 'IAM::Role -FleetRole', 'IAM::Role -ServiceRole'],
    ],
    [
      'DRAGEN and another pool',
      { forge: { dragenEnabled: true }, eyrie: { pools: [GPU_POOL] } },
      pools('', '-dragen', '-gpu'),
    ],
    [
      'a file system of EFS',
      { forge: { efsCreate: true } },
      [...pools(''), 'EC2::SecurityGroup -efs', 'EFS::FileSystem', 'EFS::MountTarget'],
    ],
    [
      'a file system of FSx',
      { forge: { fsxSize: 1_200 } },
      [...pools(''), 'EC2::SecurityGroup -lustre', 'FSx::FileSystem'],
    ],
    [
      'fair share',
      { eyrie: { fairShare: { shareDecaySeconds: 60, computeReservation: 0, shares: [] } } },
      [...pools(''), 'Batch::SchedulingPolicy'],
    ],
  ] as [string, ComputeOverrides, string[]][])(
    '%s: made, proved, and gone without a trace',
    async ([, options, own], t) => {
      const world = await computeTenant(t, eyrie, options);
      const { create, dispose, record, made, compute } = world;
      await (await create()).result();
      expect(await namesOf(world)).toEqual([...COMMON, ...own].sort());
      const { phase, outputs, canaries } = (await record()) ?? {};
      expect([phase, canaries?.map(({ state }) => state)]).toEqual([
        'available',
        outputs?.pools.map(() => 'succeeded'),
      ]);
      for (const { type, tags } of await made()) {
        if (type === 'AWS::EFS::MountTarget' || type === 'AWS::EC2::NetworkInterface' || !tags) continue;
        expect([type, tags['eyrie:compute-environment']]).toEqual([type, `${compute.environment}.${compute.forgeId}`]);
      }
      await (await dispose({ dataConfirmed: true })).result();
      expect(await made()).toEqual([]);
      expect(await record()).toMatchObject({ phase: 'deleted', leftovers: [], resources: [], retained: [] });
    },
  );
});

test.concurrent('a label Name wins over ours', async (t) => {
  const { create, made } = await computeTenant(t, eyrie, { labels: { Name: 'mine', team: 'x' } });
  await (await create()).result();
  for (const { type, tags } of await made()) {
    if (tags) expect([type, tags.Name, tags.team]).toEqual([type, 'mine', 'x']);
  }
});

describe('a create that fails', () => {
  test.concurrent('takes back all that it made', async (t) => {
    const { account, create, record, made } = await computeTenant(t, eyrie, { forge: { type: 'SPOT' } });
    await account.faults({ service: 'batch', operation: 'CreateJobQueue', skip: 1, times: -1, fault: 'denied' });
    expect((await failureOf(await create())).type).toBe('Denied');
    expect(await made()).toEqual([]);
    expect(await record()).toMatchObject({ phase: 'failed-clean', error: { code: 'Denied' }, remedy: 'create' });
  });

  test.concurrent('keeps it where it is to, and goes on without a second of anything', async (t) => {
    const world = await computeTenant(t, eyrie, { forge: { type: 'SPOT' } });
    const { account, create, record } = world;
    await account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'denied' });
    await failureOf(await create({ runId: 'one', onFailure: 'keep' }));
    const kept = await record();
    expect(kept).toMatchObject({ phase: 'failed-dirty', remedy: 'create' });
    expect(kept?.leftovers.map(({ type }) => type)).toContain('AWS::Batch::ComputeEnvironment');
    await account.clearFaults();
    await (await create({ runId: 'one', onFailure: 'keep' })).result();
    expect(await namesOf(world)).toEqual([...COMMON, ...pools('-head', '-work')].sort());
    expect(await record()).toMatchObject({ phase: 'available', leftovers: [], unfinished: [] });
  });

  test.concurrent('on a name that somebody else has leaves that as it is', async (t) => {
    const { account, create, made, main } = await computeTenant(t, eyrie);
    const allows = { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const trust = { Version: '2012-10-17', Statement: [allows] };
    await new IAMClient(account.client).send(
      new CreateRoleCommand({ RoleName: `${main}-InstanceRole`, AssumeRolePolicyDocument: JSON.stringify(trust) }),
    );
    const before = await made();
    expect((await failureOf(await create())).type).toBe('Conflict');
    expect(await made()).toEqual(before);
  });

  test.concurrent('for want of a place makes nothing at all', async (t) => {
    const { account, create, made } = await computeTenant(t, eyrie);
    const batch = new BatchClient(account.client);
    for (let nth = 0; nth < 50; nth += 1) {
      await batch.send(
        new CreateComputeEnvironmentCommand({ computeEnvironmentName: `other-${nth}`, type: 'UNMANAGED', tags: {} }),
      );
    }
    const before = await made();
    const { type, message } = await failureOf(await create());
    expect([type, message]).toEqual(['QuotaExceeded', expect.stringContaining('compute environments')]);
    expect(await made()).toEqual(before);
  });
});

test.concurrent('of two creates at once for the last place one finds it, and the other makes nothing', async (t) => {
  const { account, rig, compute, create, made } = await computeTenant(t, eyrie);
  await account.quotas({ computeEnvironments: 1 });
  const other = { ...compute, forgeId: aCompute().forgeId, name: 'other' };
  const handles = await Promise.all([create(), startCreate(rig, other)]);
  const ended = await Promise.allSettled(handles.map((handle) => handle.result()));
  expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const [won, lost] = ended[0]?.status === 'fulfilled' ? [compute, other] : [other, compute];
  const names = (await made()).map(({ name, id }) => name ?? id);
  expect(names.some((name) => name.includes(won.forgeId))).toBe(true);
  expect(names.filter((name) => name.includes(lost.forgeId))).toEqual([]);
});

test.concurrent('one that is like another that is being deleted is made beside it', async (t) => {
  const { rig, compute, create, dispose, made } = await computeTenant(t, eyrie);
  await (await create()).result();
  const again = { ...compute, forgeId: aCompute().forgeId };
  const [gone, next] = await Promise.all([dispose(), startCreate(rig, again)]);
  await Promise.all([gone.result(), next.result()]);
  const names = (await made()).map(({ name, id }) => name ?? id);
  expect(names.filter((name) => name.includes(compute.forgeId))).toEqual([]);
  expect(names.some((name) => name.includes(again.forgeId))).toBe(true);
});

/** Somebody does so by hand. */
describe('a disposal', () => {
  test.concurrent('of one whose service role is gone makes that again, and ends with nothing', async (t) => {
    const { account, create, dispose, record, made, main } = await computeTenant(t, eyrie, {
      eyrie: { serviceRole: true },
    });
    await (await create()).result();
    await deleteRole(account, `${main}-ServiceRole`);
    await (await dispose()).result();
    expect(await made()).toEqual([]);
    expect(await record()).toMatchObject({ phase: 'deleted', leftovers: [] });
  });

  test.concurrent('of one whose data is to stay leaves its file system alone, and lists it', async (t) => {
    const world = await computeTenant(t, eyrie, { forge: { efsCreate: true }, eyrie: { dataGuard: 'retain' } });
    const { create, dispose, record } = world;
    await (await create()).result();
    await (await dispose()).result();
    expect(await namesOf(world)).toEqual(['EC2::SecurityGroup -efs', 'EFS::FileSystem', 'EFS::MountTarget']);
    const { phase, retained = [], disposedAt } = (await record()) ?? {};
    expect([phase, disposedAt, retained.map(({ type }) => type).sort()]).toEqual([
      'deleted',
      null,
      ['AWS::EC2::SecurityGroup', 'AWS::EFS::FileSystem', 'AWS::EFS::MountTarget'],
    ]);
  });

  test.concurrent('of one whose data is to be backed up lists the backup, and nothing else is left', async (t) => {
    const { create, dispose, record, made } = await computeTenant(t, eyrie, {
      forge: { fsxSize: 1_200 },
      eyrie: { dataGuard: 'snapshot' },
    });
    await (await create()).result();
    await (await dispose()).result();
    const { phase, retained = [] } = (await record()) ?? {};
    expect([phase, retained.map(({ type }) => type)]).toEqual(['deleted', ['AWS::FSx::Backup']]);
    expect((await made()).filter(({ type }) => type !== 'AWS::FSx::Backup')).toEqual([]);
  });

  test.concurrent('leaves data that may go only where somebody says so, until somebody does', async (t) => {
    const { create, dispose, record, made } = await computeTenant(t, eyrie, { forge: { fsxSize: 1_200 } });
    await (await create()).result();
    const failure = await failureOf(await dispose());
    expect([failure.type, failure.message]).toEqual([
      'CompensationIncomplete',
      expect.stringContaining('may hold data'),
    ]);
    expect((await record())?.leftovers.map(({ type }) => type)).toContain('AWS::FSx::FileSystem');
    await (await dispose({ dataConfirmed: true })).result();
    expect(await made()).toEqual([]);
    expect(await record()).toMatchObject({ phase: 'deleted', dataConfirmed: true });
  });

  test.concurrent('asked for while it is being made ends with nothing', async (t) => {
    const { rig, account, create, record, made } = await computeTenant(t, eyrie);
    await account.faults({ service: 'batch', operation: 'CreateJobQueue', times: -1, fault: 'throttle' });
    const handle = await create();
    await until('the queue was asked for', async () => ((await account.faultStates())[0]?.hits ?? 0) > 0);
    await handle.executeUpdate('requestTerminate', { args: [{ mode: 'terminate', requestedBy: 'someone' }] });
    await untilClosed(rig, handle.workflowId, 'disposeComputeEnvironment');
    expect(await made()).toEqual([]);
    expect(await record()).toMatchObject({ phase: 'deleted' });
  });

  test.concurrent('lets jobs come to their end, within a limit', async (t) => {
    const { account, create, dispose, made, main } = await computeTenant(t, eyrie);
    await (await create()).result();
    await account.seed('POST jobs', { queue: main, count: 2, status: 'RUNNING' });
    await (await dispose({ mode: 'drain', drainMinutes: 0.01 })).result();
    expect(await made()).toEqual([]);
  });
});

describe('an update', () => {
  const withTypes = ({ compute }: World, ...instanceTypes: string[]) => ({
    ...compute,
    config: { ...compute.config, forge: { ...compute.config.forge, instanceTypes } },
  });

  test.concurrent('in place leaves the environment where it is', async (t) => {
    const world = await computeTenant(t, eyrie);
    const { create, update, record } = world;
    await (await create()).result();
    const before = await namesOf(world);
    await (await update(withTypes(world, 'm5'))).result();
    expect(await namesOf(world)).toEqual(before);
    expect(await record()).toMatchObject({ phase: 'available', computeBefore: null, compute: { generations: {} } });
  });

  test.concurrent('adds a pool, and takes it away again', async (t) => {
    const world = await computeTenant(t, eyrie);
    const { compute, create, update, record, made, account, main } = world;
    await (await create()).result();
    const before = await made();
    const { config } = compute;
    const pooled = { ...compute, config: { ...config, eyrie: { ...config.eyrie, pools: [GPU_POOL] } } };
    await (await update(pooled)).result();
    expect(await namesOf(world)).toEqual([...COMMON, ...pools('', '-gpu')].sort());
    expect((await record())?.canaries.map(({ queue, state }) => [queue, state])).toContainEqual([
      `${main}-gpu`,
      'succeeded',
    ]);
    await account.seed('POST jobs', { queue: `${main}-gpu`, count: 1, status: 'RUNNING' });
    await (await update(compute, { drainMinutes: 0.01 })).result();
    expect(await made()).toEqual(before);
    expect(await record()).toMatchObject({ phase: 'available', computeBefore: null, leftovers: [] });
  });

  test.concurrent('that Batch does not take in place gives the queue another environment, while jobs run', async (t) => {
    const world = await computeTenant(t, eyrie, { eyrie: { serviceRole: true } });
    const { account, create, update, dispose, record, made, main } = world;
    await (await create()).result();
    await account.seed('POST jobs', { queue: main, count: 1, status: 'RUNNING' });
    await (await update(withTypes(world, 'm5'), { drainMinutes: 0.01 })).result();
    expect(await namesOf(world)).toContain('Batch::ComputeEnvironment -g2');
    expect(await namesOf(world)).not.toContain('Batch::ComputeEnvironment');
    expect(await record()).toMatchObject({
      ...{ phase: 'available', leftovers: [], computeBefore: null },
      outputs: { headQueue: main, pools: [{ environment: { name: `${main}-g2` } }] },
    });
    await (await dispose()).result();
    expect(await made()).toEqual([]);
  });

  test.concurrent('whose canary fails is put back as it was', async (t) => {
    const world = await computeTenant(t, eyrie, { eyrie: { serviceRole: true } });
    const { account, create, update, record, made, compute } = world;
    await (await create()).result();
    const before = await made();
    await account.seed('PUT jobs-behaviour', { queue: '*', outcome: 'fails' });
    expect((await failureOf(await update(withTypes(world, 'm5')))).type).toBe('ComputeEnvironmentInvalid');
    expect((await made()).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(await record()).toMatchObject({
      phase: 'available',
      compute,
      computeBefore: null,
      leftovers: [],
      remedy: null,
    });
  });
});

describe('a validation', () => {
  test.concurrent('finds what was changed by hand, and puts it right', async (t) => {
    const world = await computeTenant(t, eyrie);
    const { account, create, validate, record, main } = world;
    await (await create()).result();
    expect(await (await validate()).result()).toMatchObject({ phase: 'available', problems: [] });
    const before = await namesOf(world);
    await deleteRole(account, `${main}-ExecutionRole`);
    await new BatchClient(account.client).send(
      new UpdateComputeEnvironmentCommand({
        computeEnvironment: main,
        state: 'DISABLED',
        computeResources: { maxvCpus: 8 },
      }),
    );
    const { problems } = (await (await validate()).result()) as { problems: string[] };
    expect(problems).toEqual([
      `AWS::IAM::Role ${main}-ExecutionRole is not there`,
      expect.stringMatching(/DISABLED/),
      expect.stringContaining('maxvCpus is 8, not 64'),
    ]);
    expect(await record()).toMatchObject({ phase: 'degraded', degraded: problems.join('; ') });
    expect(await (await validate(true)).result()).toMatchObject({ phase: 'available', problems: [] });
    expect(await namesOf(world)).toEqual(before);
  });
});
