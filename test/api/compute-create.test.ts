import { describe, expect, test } from 'vitest';
import { aBody, computeOf, computeRig, PATH } from './compute-rig.ts';
import { ENVIRONMENT, OWN_ACCOUNT } from './rig.ts';

const OTHER = { accountId: '444455556666', roleArn: 'arn:aws:iam::444455556666:role/eyrie', externalId: 'shared-word' };

describe('create', () => {
  test('starts, and says where to look', async () => {
    const rig = computeRig();
    const answer = await rig.post(aBody({ labels: [{ name: 'owner', value: 'me' }] }));
    const { id, forgeId, phase, status, config, labels, operation } = computeOf(answer);
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`${PATH}/${id}`);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(id).toBe(`${ENVIRONMENT}.${forgeId}`);
    expect(forgeId).toMatch(/^[a-z][a-z0-9]{19}$/);
    expect({ phase, status, labels }).toEqual({ phase: 'planned', status: 'CREATING', labels: { owner: 'me' } });
    expect(config.forge).toMatchObject({ type: 'SPOT', maxCpus: 64, minCpus: 0, disposeOnDeletion: true });
    expect(operation).toMatchObject({ type: 'createComputeEnvironment', requestedBy: 'operator:olga' });
    expect(rig.runOf(forgeId)?.input).toMatchObject({
      onFailure: 'rollback',
      compute: {
        ...{ forgeId, name: 'genomes', namePrefix: 'TowerForge', generations: {} },
        account: { accountId: OWN_ACCOUNT, region: 'us-east-1', roleArn: null },
      },
    });
  });

  test('takes all that Seqera’s clients send along, labels as a map, and a failure policy', async () => {
    const rig = computeRig();
    const body = aBody({ credentialsId: '6g0ER59L4ZoE5zpOmUP48D', labels: { owner: 'me' }, onFailure: 'keep' });
    const answer = await rig.post(body);
    expect(answer.status).toBe(202);
    expect(rig.runOf(computeOf(answer).forgeId)?.input).toMatchObject({ onFailure: 'keep' });
  });

  test('a misspelt option is told with the nearest one, and all problems at once', async () => {
    const answer = await computeRig().post(aBody({}, { maxCpu: 1, maxCpus: 0 }));
    expect(answer.status).toBe(422);
    const { errors } = answer.body as { errors: { pointer: string; detail: string }[] };
    expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(['/config/forge/maxCpu', '/config/forge/maxCpus']);
    expect(errors.find(({ pointer }) => pointer.endsWith('maxCpu'))?.detail).toContain('maxCpus');
  });

  test('nothing is started for a body that is refused', async () => {
    const rig = computeRig();
    await rig.post(aBody({}, { type: 'SPOT', maxCpus: -1 }));
    expect(rig.workflows.started).toEqual([]);
    expect(rig.s3.keys()).toEqual([]);
  });
});

describe('the same call again', () => {
  const KEY = { 'idempotency-key': 'k1' };

  test('is about the same one, at any time', async () => {
    const rig = computeRig();
    const first = computeOf(await rig.post(aBody(), KEY));
    const during = await rig.post(aBody(), KEY);
    expect([during.status, computeOf(during).id]).toEqual([202, first.id]);
    await rig.finish(first.forgeId);
    const after = await rig.post(aBody(), KEY);
    expect(computeOf(after)).toMatchObject({ id: first.id, phase: 'available' });
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('many at once start one', async () => {
    const rig = computeRig();
    const answers = await Promise.all(Array.from({ length: 8 }, () => rig.post(aBody(), KEY)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(new Set(answers.map((answer) => computeOf(answer).id)).size).toBe(1);
    expect(rig.workflows.started).toHaveLength(1);
  });

  test('with another body is a conflict; of another caller it is another call', async () => {
    const rig = computeRig();
    await rig.post(aBody(), KEY);
    expect(await rig.post(aBody({}, { maxCpus: 65 }), KEY)).toMatchObject({ status: 409, body: { code: 'Conflict' } });
    const other = await rig.post(aBody({ name: 'other' }), KEY, 'hatchery');
    expect(other.status).toBe(202);
    expect(rig.workflows.started).toHaveLength(2);
  });
});

describe('a name', () => {
  test('is one’s at a time, from the start of its create', async () => {
    const rig = computeRig();
    const first = computeOf(await rig.post(aBody()));
    const second = await rig.post(aBody());
    expect(second).toMatchObject({ status: 409, body: { code: 'Conflict', errors: [{ pointer: '/name' }] } });
    expect(second.text).toContain(first.forgeId);
    await rig.finish(first.forgeId);
    expect((await rig.post(aBody())).status).toBe(409);
  });

  test('of two that ask at the same moment, one gets it', async () => {
    const rig = computeRig();
    const answers = await Promise.all([rig.post(aBody()), rig.post(aBody())]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409]);
  });

  test.each([
    ['deleted', { phase: 'deleted' }, 202],
    ['kept back', { phase: 'retained' }, 202],
    ['removed by force', { phase: 'failed-dirty', hidden: true }, 202],
    ['failed', { phase: 'failed-clean' }, 409],
    ['being deleted', { phase: 'deleting' }, 409],
  ] as const)('of one that is %s', async (_what, changes, status) => {
    const rig = computeRig();
    await rig.created(aBody(), changes);
    expect((await rig.post(aBody())).status).toBe(status);
  });

  test('that was taken by a call which never came to its start is free a minute later', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const rig = computeRig({ now: () => now });
    rig.workflows.down = true;
    expect((await rig.post(aBody())).status).toBe(503);
    rig.workflows.down = false;
    expect((await rig.post(aBody())).status).toBe(409);
    now += 60_001;
    expect((await rig.post(aBody())).status).toBe(202);
  });
});

describe('accounts', () => {
  const post = (account: unknown) => computeRig({ accounts: [OTHER] }).post(aBody({ account }));

  test.each([
    ['none said', null],
    ['its own', { id: OWN_ACCOUNT }],
    ['a listed one', { id: OTHER.accountId }],
    ['a listed one with its role', { id: OTHER.accountId, roleArn: OTHER.roleArn }],
    ['and its external id', { id: OTHER.accountId, roleArn: OTHER.roleArn, externalId: OTHER.externalId }],
  ])('%s may be used', async (_what, account) => {
    const answer = await post(account);
    expect(answer.status).toBe(202);
    expect(answer.text).not.toContain(OTHER.externalId);
  });

  test.each([
    ['another account', { id: '999999999999' }],
    ['another role of a listed account', { id: OTHER.accountId, roleArn: 'arn:aws:iam::444455556666:role/admin' }],
    ['a role of another account', { id: OTHER.accountId, roleArn: 'arn:aws:iam::999999999999:role/eyrie' }],
    ['another external id', { id: OTHER.accountId, roleArn: OTHER.roleArn, externalId: 'guessed' }],
    ['a role of Eyrie’s own account', { id: OWN_ACCOUNT, roleArn: `arn:aws:iam::${OWN_ACCOUNT}:role/admin` }],
  ])('%s may not', async (_what, account) => {
    const answer = await post(account);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/account' }] } });
    expect(answer.text).not.toContain(OTHER.externalId);
  });

  test('the role and external id of the configuration are what is entered', async () => {
    const rig = computeRig({ accounts: [OTHER] });
    const { forgeId } = computeOf(await rig.post(aBody({ account: { id: OTHER.accountId } })));
    expect(rig.runOf(forgeId)?.input).toMatchObject({ compute: { account: { ...OTHER, region: 'us-east-1' } } });
  });
});

describe('plan', () => {
  const PLACES = [{ counts: 'job queues', raise: null, used: 49, limit: 50, wanted: 2, fits: false }];

  test('says what a create would make, and makes nothing', async () => {
    const asked: unknown[] = [];
    const rig = computeRig({
      askQuota: async (question) => {
        asked.push(question);
        return PLACES;
      },
    });
    const headers = { 'idempotency-key': 'k1' };
    const answer = await rig.call('operator', 'POST', `${PATH}/plan`, aBody(), headers);
    const plan = answer.body as { forgeId: string; steps: { name: string; after: string[] }[]; pools: unknown[] };
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      quota: { fits: false, places: PLACES },
      standingCost: { perMonth: 0, items: [] },
      pools: [{ name: 'head', queue: `TowerForge-${plan.forgeId}-head` }, { name: 'work' }],
    });
    expect(asked).toMatchObject([
      { names: { queue: [`TowerForge-${plan.forgeId}-head`, `TowerForge-${plan.forgeId}-work`] } },
    ]);
    expect(rig.workflows.started).toEqual([]);
    expect(rig.s3.keys()).toEqual([]);

    // With the key of the plan, the create has the names of the plan.
    const { forgeId } = computeOf(await rig.post(aBody(), headers));
    expect(forgeId).toBe(plan.forgeId);
  });

  test('each step comes after those that it waits for, which are steps', async () => {
    const answer = await computeRig().call(
      'operator',
      'POST',
      `${PATH}/plan`,
      aBody(
        {},
        { efsCreate: true, securityGroups: ['sg-01234567'], subnets: ['subnet-01234567'], vpcId: 'vpc-01234567' },
      ),
    );
    const { steps } = answer.body as { steps: { name: string; after: string[] }[] };
    const names = steps.map(({ name }) => name);
    for (const [index, { after }] of steps.entries()) {
      for (const one of after) expect(names.slice(0, index)).toContain(one);
    }
    expect(names).toContain('efs');
    expect(steps.at(-1)).toEqual({
      name: 'publish',
      after: expect.arrayContaining(['canary-head', 'canary-work']),
      makes: [],
    });
  });

  test('refuses what a create refuses', async () => {
    expect((await computeRig().call('operator', 'POST', `${PATH}/plan`, aBody({}, { type: 'X' }))).status).toBe(422);
  });
});
