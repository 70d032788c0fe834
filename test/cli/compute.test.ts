/** `eyrie compute`, against an API that a test plays. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { eyrie, play } from './run-cli.ts';

const PATH = '/v1/compute-environments';
const ID = 'localhost.aaaaaaaaaaaaaaaaaaaa';

const aView = (changes: object = {}) => ({
  id: ID,
  forgeId: 'aaaaaaaaaaaaaaaaaaaa',
  name: 'genomes',
  description: null,
  phase: 'available',
  status: 'AVAILABLE',
  message: null,
  account: '111122223333',
  region: 'us-east-1',
  labels: {},
  primary: false,
  config: { workDir: 's3://scratch/dir', eyrie: { tenantOf: null } },
  outputs: {
    pools: [
      { label: null, queue: { name: 'TowerForge-a-work' } },
      { label: 'gpu', queue: { name: 'TowerForge-a-gpu' } },
    ],
  },
  retained: [],
  canaries: [],
  operation: null,
  steps: [],
  resources: [],
  stuck: null,
  error: null,
  interventions: [],
  leftovers: [],
  updatedAt: '2026-11-21T12:00:00.000Z',
  ...changes,
});

interface Asked {
  readonly line: string;
  readonly body: unknown;
  readonly key: string | undefined;
}

/** Each path has its answer; views stream from `/events`. */
const api = async (views: readonly object[], answers: Readonly<Record<string, unknown>> = {}) => {
  const asked: Asked[] = [];
  const url = await play((request, response, body) => {
    const line = `${request.method} ${request.url}`;
    const key = request.headers['idempotency-key'] as string | undefined;
    asked.push({ line, body: body === '' ? undefined : JSON.parse(body), key });
    const answer = answers[line];
    if (typeof answer === 'string') response.writeHead(200, { 'content-type': 'text/plain' }).end(answer);
    else if (answer) response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    else if (line.endsWith('/events')) {
      const events = views.map((view) => `event: compute-environment\ndata: ${JSON.stringify(view)}\n\n`);
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`${events.join('')}event: end\ndata: {}\n\n`);
    } else response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(views[0]));
  });
  return { asked, flags: ['--api', url, '--token', 't'] };
};

const file = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-compute-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'file.yaml'), text);
  return join(folder, 'file.yaml');
};

const BODY = {
  name: 'genomes',
  config: { region: 'us-east-1', workDir: 's3://scratch/dir', forge: { type: 'SPOT', maxCpus: 64 } },
};
const YAML = JSON.stringify(BODY);

describe('create', () => {
  test('sends the file, follows it to its end, and ends with 0', async () => {
    const { asked, flags } = await api([
      aView({ phase: 'creating', operation: { type: 'x', startedAt: '', requestedBy: '' } }),
      aView(),
    ]);
    const { code, stdout, stderr } = await eyrie('compute', 'create', '-f', file(YAML), ...flags);
    expect(code).toBe(0);
    expect(asked.map(({ line }) => line)).toEqual([`POST ${PATH}`, `GET ${PATH}/${ID}/events`]);
    expect(asked[0]).toMatchObject({ body: BODY, key: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(stderr).toContain(`${ID} creating`);
    expect(stdout).toContain('TowerForge-a-gpu for the label gpu');
  });

  test('--no-wait returns what was answered', async () => {
    const { asked, flags } = await api([aView({ phase: 'planned' })]);
    const { stdout } = await eyrie('compute', 'create', '-f', file(YAML), '--no-wait', '--json', ...flags);
    expect(JSON.parse(stdout)).toMatchObject({ phase: 'planned' });
    expect(asked).toHaveLength(1);
  });

  test.each(['failed-clean', 'failed-dirty'])('that ends as %s ends with 6', async (phase) => {
    const { flags } = await api([
      aView({ phase, error: { code: 'QuotaExceeded', detail: '50 of 50', step: 'reserve-slots' } }),
    ]);
    const { code, stderr } = await eyrie('compute', 'create', '-f', file(YAML), ...flags);
    expect(code).toBe(6);
    expect(stderr).toContain('QuotaExceeded at reserve-slots: 50 of 50');
  });

  test.each([
    [['compute', 'create']],
    [['compute', 'create', '-f', '/nowhere/file.yaml', '--api', 'http://127.0.0.1:1', '--token', 't']],
    [['compute', 'dispose', ID, '--jobs', 'kill', '--api', 'http://127.0.0.1:1', '--token', 't']],
    [['compute', 'list', '--status', 'NONE', '--api', 'http://127.0.0.1:1', '--token', 't']],
  ])('%j is a wrong command line: 2', async (args) => {
    expect((await eyrie(...args)).code).toBe(2);
  });
});

test('plan shows steps, places, cost and notes', async () => {
  const plan = {
    ...{
      name: 'genomes',
      forgeId: 'a',
      account: '1',
      region: 'us-east-1',
      documents: [],
      notes: ['Wave is a service'],
    },
    steps: [{ name: 'efs', after: [], makes: [{ type: 'AWS::EFS::FileSystem', name: 'TowerForge-a' }] }],
    quota: { fits: false, places: [{ counts: 'job queues', used: 49, limit: 50, wanted: 2, fits: false }] },
    standingCost: { currency: 'USD', perMonth: 168, items: [{ what: 'FSx', perMonth: 168 }], prices: 'list prices' },
  };
  const { flags } = await api([], { [`POST ${PATH}/plan`]: plan });
  const { code, stdout } = await eyrie('compute', 'plan', '-f', file(YAML), ...flags);
  expect(code).toBe(0);
  for (const text of ['EFS::FileSystem', 'there are not enough', 'USD 168', 'note: Wave'])
    expect(stdout).toContain(text);
});

test('policies of one that is there, or of a file; of one phase or all', async () => {
  const policies = ['create', 'dispose'].map((phase) => ({ phase, documents: [{ Sid: `for-${phase}` }] }));
  const { flags } = await api([], {
    [`GET ${PATH}/${ID}/policies`]: { items: policies },
    [`POST ${PATH}/plan`]: { policies },
  });
  const { stdout } = await eyrie('compute', 'policies', ID, ...flags);
  expect(stdout).toMatch(/# create\n[^#]*for-create[^#]*# dispose\n[^#]*for-dispose/);
  const one = await eyrie('compute', 'policies', '-f', file(YAML), '--phase', 'dispose', '--json', ...flags);
  expect(JSON.parse(one.stdout)).toEqual({ items: [policies[1]] });
  expect((await eyrie('compute', 'policies', ...flags)).code).toBe(2);
});

test('list has every filter', async () => {
  const { asked, flags } = await api([{ items: [aView()], nextCursor: 'next' }]);
  const filters = ['--phase', 'available', '--status', 'AVAILABLE', '--name', 'n', '--alias', 'a', '--limit', '7'];
  const { stdout, stderr } = await eyrie('compute', 'list', ...filters, ...flags);
  expect(asked[0]?.line).toBe(`GET ${PATH}?limit=7&phase=available&status=AVAILABLE&name=n&alias=a`);
  expect(stdout).toMatch(/^COMPUTE ENVIRONMENT +NAME.*\n.*genomes/);
  expect(stderr).toContain('--cursor next');
});

describe('changes', () => {
  test.each([
    [['show', ID], `GET ${PATH}/${ID}`, undefined],
    [['update', ID, '-f', 'FILE', '--no-wait'], `PATCH ${PATH}/${ID}`, BODY],
    [['validate', ID, '--repair', '--no-wait'], `POST ${PATH}/${ID}/validate`, { repair: true }],
    [['dispose', ID, '--no-wait'], `DELETE ${PATH}/${ID}?jobs=drain`, undefined],
    [
      ['dispose', ID, '--force', '--jobs', 'terminate', '--confirm-data', '--drain-minutes', '5', '--no-wait'],
      `DELETE ${PATH}/${ID}?jobs=terminate&force=true&data=confirm&drainMinutes=5`,
      undefined,
    ],
    [['retry', ID, '--step', 'efs', '--no-wait'], `POST ${PATH}/${ID}/retry`, { step: 'efs' }],
    [
      ['abandon-step', ID, 'efs', '--reason', 'r', '--no-wait'],
      `POST ${PATH}/${ID}/abandon-step`,
      { step: 'efs', reason: 'r' },
    ],
    [['enable', ID], `POST ${PATH}/${ID}/enable`, undefined],
    [['disable', ID], `POST ${PATH}/${ID}/disable`, undefined],
    [['primary', ID], `POST ${PATH}/${ID}/primary`, undefined],
  ])('%j', async (args, line, body) => {
    const { asked, flags } = await api([aView()]);
    const { code } = await eyrie('compute', ...args.map((one) => (one === 'FILE' ? file(YAML) : one)), ...flags);
    expect([code, asked]).toEqual([0, [{ line, body, key: undefined }]]);
  });

  test('a validation that finds it degraded ends with 6, and says why', async () => {
    const { flags } = await api([aView({ phase: 'degraded', status: 'INVALID', message: 'a queue is gone' })]);
    const { code, stdout } = await eyrie('compute', 'validate', ID, ...flags);
    expect(code).toBe(6);
    expect(stdout).toContain('a queue is gone');
  });

  test('what was deleted shows no queues', async () => {
    const { flags } = await api([aView({ phase: 'deleted', status: 'DELETED' })]);
    expect((await eyrie('compute', 'dispose', ID, ...flags)).stdout).not.toContain('queue');
  });

  test('a disposal that leaves something ends with 6, and lists it', async () => {
    const leftovers = [{ type: 'AWS::IAM::Role', id: null, name: 'TowerForge-a-InstanceRole', reason: 'Denied' }];
    const { flags } = await api([aView({ phase: 'failed-dirty', leftovers })]);
    const { code, stderr } = await eyrie('compute', 'dispose', ID, ...flags);
    expect(code).toBe(6);
    expect(stderr).toContain('AWS::IAM::Role TowerForge-a-InstanceRole: Denied');
  });
});

describe('files', () => {
  test('an export is YAML that can be imported', async () => {
    const { flags } = await api([], { [`GET ${PATH}/${ID}/export`]: BODY });
    const { stdout } = await eyrie('compute', 'export', ID, ...flags);
    expect(parseYaml(stdout)).toEqual(BODY);
  });

  test.each([
    ['Eyrie’s', BODY, []],
    ['a record of Seqera’s', { computeEnv: BODY }, []],
    ['Seqera’s options alone', BODY.config, ['--name', 'genomes']],
  ])('an import of %s', async (_what, document, more) => {
    const { asked, flags } = await api([aView()], { [`POST ${PATH}/plan`]: {} });
    const { code } = await eyrie('compute', 'import', file(JSON.stringify(document)), '--no-wait', ...more, ...flags);
    expect(code).toBe(0);
    expect(asked.map(({ line }) => line)).toEqual([`POST ${PATH}/plan`, `POST ${PATH}`]);
    expect(asked[1]?.body).toEqual({ platform: 'aws-batch', ...BODY });
  });

  test('without a name is a wrong command line', async () => {
    const { flags } = await api([aView()]);
    expect((await eyrie('compute', 'import', file(JSON.stringify(BODY.config)), ...flags)).code).toBe(2);
  });

  test('--overwrite waits until the one of that name is gone', async () => {
    const items = [aView(), aView({ id: 'localhost.bbbbbbbbbbbbbbbbbbbb', phase: 'deleted' })];
    const { asked, flags } = await api([aView({ phase: 'deleted' })], {
      [`POST ${PATH}/plan`]: {},
      [`GET ${PATH}?limit=100&name=genomes`]: { items, nextCursor: null },
    });
    await eyrie('compute', 'import', file(YAML), '--overwrite', '--no-wait', ...flags);
    expect(asked.map(({ line }) => line)).toEqual([
      `POST ${PATH}/plan`,
      `GET ${PATH}?limit=100&name=genomes`,
      `DELETE ${PATH}/${ID}`,
      `GET ${PATH}/${ID}/events`,
      `POST ${PATH}`,
    ]);
  });

  test('what the API refuses is told with its place in the file, also in a part that became the request', async () => {
    const errors = [
      { pointer: '/config/forge/instanceTypes/1', detail: 'no such type' },
      { pointer: '/config/nmae', detail: 'no such option' },
      { pointer: '/platform', detail: 'never' },
    ];
    const url = await play((_, response) => {
      const problem = { code: 'Invalid', detail: 'the request is not valid', errors };
      response.writeHead(422, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    const path = file(
      'computeEnv:\n  name: lab\n  config:\n    nmae: x\n    forge:\n      instanceTypes:\n        - m5.large\n        - x1\n',
    );
    const { code, stderr } = await eyrie('compute', 'import', path, '--api', url, '--token', 't');
    expect(code).toBe(3);
    expect(stderr).toContain(`  ${path}, line 8, column 11: /config/forge/instanceTypes/1: no such type\n`);
    expect(stderr).toContain(`  ${path}, line 4, column 5: /config/nmae: no such option\n`);
    // That is no part of the file.
    expect(stderr).toContain('  /platform: never\n');
  });

  test('a file that is no YAML is told with each place', async () => {
    const { code, stderr } = await eyrie('compute', 'create', '-f', file('a: [\nb: {c: d\n'));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/line 2, column 1: [\s\S]*line 3, column 1: /)]);
  });

  test('a file that the API refuses deletes nothing', async () => {
    const asked: string[] = [];
    const url = await play((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const problem = {
        code: 'Invalid',
        detail: 'not valid',
        errors: [{ pointer: '/config/forge/maxCpu', detail: 'no such option: did you mean maxCpus?' }],
      };
      response.writeHead(422, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    const { code, stderr } = await eyrie('compute', 'import', file(YAML), '--overwrite', '--api', url, '--token', 't');
    expect([code, asked]).toEqual([3, [`POST ${PATH}/plan`]]);
    expect(stderr).toContain('/config/forge/maxCpu: no such option: did you mean maxCpus?');
  });

  test('the Nextflow configuration, as it is', async () => {
    const { flags } = await api([], {
      [`GET ${PATH}/${ID}/nextflow.config?share=a`]: "process.executor = 'awsbatch'\n",
    });
    const { stdout } = await eyrie('compute', 'nextflow-config', ID, '--share', 'a', ...flags);
    expect(stdout).toBe("process.executor = 'awsbatch'\n");
  });
});
