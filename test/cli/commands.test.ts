/** The command line, against an API that a test plays. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EXIT } from '#cli/exit-codes.ts';
import { claimsOf } from '#cli/token.ts';
import { eyrie, eyrieUntil, eyrieWith, play, playRoutes } from './run-cli.ts';

const aWorkspace = (changes: object = {}) => ({
  id: 'localhost.alice',
  user: 'alice',
  account: '111122223333',
  region: 'us-east-1',
  profile: 'nextflow',
  phase: 'running',
  operation: null,
  steps: [],
  resources: [],
  credential: { state: 'claimable', accessKeyId: 'AKIAX', createdAt: null, claimedAt: null },
  stuck: null,
  error: null,
  interventions: [],
  leftovers: [],
  updatedAt: '2026-11-21T12:00:00.000Z',
  ...changes,
});

const events = (...views: object[]): string =>
  [...views.map((view) => `event: workspace\ndata: ${JSON.stringify(view)}\n\n`), 'event: end\ndata: {}\n\n'].join('');

describe('launch', () => {
  const api = (...views: object[]) =>
    play((request, response, body) => {
      if (request.method === 'POST') {
        response.writeHead(202, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(
            aWorkspace({ phase: 'launching', asked: JSON.parse(body), as: request.headers.authorization }),
          ),
        );
      } else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events(...views));
    });

  test('follows to the end, and ends with 0', async () => {
    const url = await api(aWorkspace({ phase: 'launching' }), aWorkspace());
    const { code, stdout, stderr } = await eyrieWith({}, 'launch', '--user', 'alice', '--api', url, '--token', 't');
    expect(code).toBe(0);
    expect(stderr).toContain('localhost.alice launching');
    expect(stdout).toContain('claimable AKIAX');
    expect(stderr).toContain('eyrie nextflow-config localhost.alice > nextflow.config');
  });

  test('--json prints each view as a line', async () => {
    const url = await api(aWorkspace({ phase: 'launching' }), aWorkspace());
    const { stdout } = await eyrie('launch', '--profile', 'p', '--json', '--api', url, '--token', 't');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { phase: string }).phase),
    ).toEqual(['launching', 'running']);
  });

  test('--no-wait returns what was answered', async () => {
    const url = await api();
    const { stdout } = await eyrie(
      'launch',
      '--user',
      'alice',
      '--profile',
      'p',
      '--no-wait',
      '--json',
      '--api',
      url,
      '--token',
      'my-token',
    );
    expect(JSON.parse(stdout)).toMatchObject({ asked: { user: 'alice', profile: 'p' }, as: 'Bearer my-token' });
  });

  test('a launch that fails ends with 6, its step, its error and what is left over', async () => {
    const failed = aWorkspace({
      phase: 'failed',
      error: { code: 'QuotaExceeded', detail: '50 of 50 queues', step: 'reserve-slots' },
      leftovers: [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'Denied' }],
    });
    const { code, stderr } = await eyrie('launch', '--api', await api(failed), '--token', 't');
    expect(code).toBe(6);
    expect(stderr).toContain('QuotaExceeded at reserve-slots: 50 of 50 queues');
    expect(stderr).toContain('AWS::EC2::VPC vpc-1: Denied');
  });
});

test('what has failed says since when, and what to do about it', async () => {
  const error = { code: 'Denied', detail: 'preflight: sts:AssumeRole: no', step: 'preflight' } as const;
  const shown = async (changes: Parameters<typeof aWorkspace>[0]) => {
    const answer = JSON.stringify(aWorkspace(changes));
    const url = await play((_request, response) => void response.writeHead(200).end(answer));
    return (await eyrie('status', 'localhost.alice', '--api', url, '--token', 't')).stdout;
  };
  const failed = await shown({ phase: 'failed', error, updatedAt: '2026-11-21T12:00:00.000Z' });
  expect(failed).toMatch(/^since +2026-11-21T12:00:00\.000Z$/m);
  expect(failed).toMatch(
    /^what to do +give whoever is named the right that is missing; then ask for it again: .eyrie launch localhost\.alice[^ ]*. makes it whole, .eyrie terminate localhost\.alice --mode dispose. removes it$/m,
  );
  expect(await shown({})).not.toContain('what to do');
  const credential = { state: 'none', accessKeyId: 'AKIAX', createdAt: null, claimedAt: null } as const;
  expect(await shown({ credential })).toMatch(/^credential +none AKIAX: .*sealing key is not configured/m);
});

describe('a workspace that is there is launched again', () => {
  const id = 'localhost.alice-40example-2eorg';
  const there = aWorkspace({ id, user: 'alice@example.org', profile: 'nextflow', account: '111122223333' });
  const launching = async (view: object, account = '111122223333', fits: boolean | null = true) => {
    const asked: string[] = [];
    const url = await play((request, response, body) => {
      asked.push(`${request.method} ${request.url} ${body}`);
      const found = request.url?.endsWith('/plan') ? { account, quota: { fits } } : view;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
    });
    const run = (...args: string[]) => eyrie('launch', ...args, '--no-wait', '--api', url, '--token', 't');
    return { asked, run };
  };
  const BODY = '{"user":"alice@example.org","profile":"nextflow"}';

  test('for its user, with its profile', async () => {
    const { asked, run } = await launching(there);
    expect((await run(id)).code).toBe(0);
    expect(asked).toEqual([
      `GET /v1/workspaces/${id} `,
      `POST /v1/workspaces/plan ${BODY}`,
      `POST /v1/workspaces ${BODY}`,
    ]);
    const other = await launching(there);
    await other.run(id, '--profile', 'other');
    expect(other.asked.at(-1)).toContain('"profile":"other"');
  });

  test('where no worker counts the places, it is told before anything is waited for', async () => {
    expect((await (await launching(there)).run(id)).stderr).not.toContain('no worker');
    const { stderr } = await (await launching(there, '111122223333', null)).run(id);
    expect(stderr).toMatch(/^no worker answers: start a worker, and it goes on .*eyrie doctor`/);
  });

  test.each([
    ['one that was launched with a block', { ...there, profile: null }, undefined, '--nextflow FILE'],
    ['one in the account of a pay model', there, '444455556666', '--pay-model FILE'],
  ])('%s is not launched as something else', async (_which, view, account, told) => {
    const { asked, run } = await launching(view, account);
    expect(await run(id)).toMatchObject({ code: 2, stderr: expect.stringContaining(told) });
    expect(asked.join()).not.toContain('POST /v1/workspaces {');
  });

  test('what there is none of is told how to be launched', async () => {
    const { run, asked } = await playRoutes({});
    const { code, stderr } = await run('launch', 'alice@example.org');
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('eyrie launch --user alice@example.org`'),
    });
    expect(await run('launch', 'alice', '--user', 'bob')).toMatchObject({ code: 2 });
    expect(asked.join()).not.toContain('POST');
  });
});

test.each([
  ['an address that is none', ['--api', 'nonsense', '--token', 't'], 'nonsense is no address'],
  ['one of another kind', ['--api', 'ftp://x', '--token', 't'], 'ftp://x is no address'],
  ['a token in two lines', ['--api', 'http://127.0.0.1:9', '--token', 'secret\nword'], 'the token holds'],
])('%s is a wrong command line, and a token is not repeated', async (_, args, expected) => {
  const { code, stderr } = await eyrie('list', ...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(expected) });
  expect(stderr).not.toMatch(/secret|word/);
});

test('a token is sent without the line break of its file; what is no API of Eyrie’s is told to be none', async () => {
  const heard: (string | undefined)[] = [];
  const url = await play((request, response) => {
    heard.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
  });
  const { code, stderr } = await eyrie('list', '--api', url, '--token', 't\r\n');
  expect(heard).toEqual(['Bearer t']);
  expect({ code, stderr }).toEqual({ code: 7, stderr: expect.stringContaining("is not Eyrie's API") });
});

test('an API that goes away while it is followed is asked again, and one that never answered is not', async () => {
  let asked = 0;
  const url = await play((_request, response) => {
    asked += 1;
    if (asked === 1)
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`event: workspace\ndata: ${JSON.stringify(aWorkspace({ phase: 'launching' }))}\n\nretry: 500\n\n`);
    else if (asked === 2) response.socket?.destroy();
    else if (asked === 3) response.writeHead(503).end();
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events(aWorkspace()));
  });
  const { code, stdout } = await eyrie('watch', 'localhost.alice', '--json', '--api', url, '--token', 't');
  expect(code).toBe(0);
  expect(stdout.trim().split('\n')).toHaveLength(2);

  const absent = await play((_request, response) => void response.socket?.destroy());
  expect((await eyrie('watch', 'localhost.alice', '--api', absent, '--token', 't')).code).toBe(EXIT.unavailable);
});

test('an interrupt while following says that the work goes on, and how to look again', async () => {
  const url = await play((request, response) => {
    if (request.method === 'POST') {
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify(aWorkspace({ phase: 'launching' })));
      return;
    }
    // It never ends.
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`event: workspace\ndata: ${JSON.stringify(aWorkspace({ phase: 'launching' }))}\n\n`);
  });
  const { code, stderr } = await eyrieUntil('launching', 'launch', '--api', url, '--token', 't');
  expect(code).toBe(130);
  expect(stderr).toContain('what was started goes on; `eyrie watch localhost.alice` follows it again');
});

describe('rotate', () => {
  const api = (last: object) =>
    play((request, response, body) => {
      const answer = { ...last, asked: body, url: request.url };
      if (request.method === 'POST') {
        response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      } else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(events(last));
    });

  test('shows how it ended, and ends with 0', async () => {
    const url = await api(aWorkspace());
    const { code, stdout } = await eyrie('rotate', 'localhost.alice', '--api', url, '--token', 't');
    expect(code).toBe(0);
    expect(stdout).toContain('claimable AKIAX');
  });

  test('passes an operator’s word on', async () => {
    const url = await api(aWorkspace());
    const flags = ['--force', '--no-wait', '--json', '--api', url, '--token', 't'];
    const { stdout } = await eyrie('rotate', 'localhost.alice', ...flags);
    expect(JSON.parse(stdout)).toMatchObject({ url: '/v1/workspaces/localhost.alice/rotate', asked: '{"force":true}' });
  });

  test('that failed ends with 6, although the workspace runs on', async () => {
    const url = await api(aWorkspace({ error: { code: 'KeyInUse', detail: 'both are in use', step: 'access-key' } }));
    const { code, stderr } = await eyrie('rotate', 'localhost.alice', '--api', url, '--token', 't');
    expect(code).toBe(6);
    expect(stderr).toContain('KeyInUse');
  });
});

describe('plan', () => {
  test('is shown as tables: what is made, what fits, what it costs', async () => {
    const url = await play((request, response, body) => {
      const answer = {
        ...{ id: 'localhost.alice', account: '111122223333', region: 'us-east-1', asked: body, url: request.url },
        steps: [
          { name: 'preflight', makes: [] },
          { name: 'job-queue', makes: [{ type: 'AWS::Batch::JobQueue', name: 'q' }] },
        ],
        documents: [{ name: 'p', kind: 'permissions', document: { Version: '2012-10-17' } }],
        quota: {
          fits: false,
          places: [{ counts: 'job queues', raise: null, used: 50, limit: 50, wanted: 1, fits: false }],
        },
        standingCost: { currency: 'USD', perMonth: 11.24, items: [{ what: 'proxy', perMonth: 11.24 }], prices: 'list' },
      };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    const flags = ['--user', 'alice', '--documents', '--api', url, '--token', 't'];
    const { code, stdout } = await eyrie('plan', ...flags);
    expect(code).toBe(0);
    expect(stdout).toMatch(/job-queue +Batch::JobQueue +q/);
    expect(stdout).toMatch(/job queues +50 of 50 in use +1 more wanted +DOES NOT FIT/);
    expect(stdout).toContain('about USD 11.24');
    expect(stdout).toContain('permissions of p\n{\n  "Version"');
  });

  test('says where no worker has counted, and who tells which ones there are', async () => {
    const plan = { id: 'localhost.alice', account: '111122223333', region: 'us-east-1', steps: [], documents: [] };
    const costs = { quota: { fits: null, places: [] }, standingCost: { perMonth: null, items: [], prices: 'list' } };
    const { run } = await playRoutes({ 'POST /v1/workspaces/plan': { ...plan, ...costs } });
    const told = /^places in quotas: not known; no worker answers: `[^`]*eyrie doctor` tells/m;
    expect((await run('plan')).stdout).toMatch(told);
  });
});

describe('credentials', () => {
  const claimed = { accessKeyId: 'AKIAX', secretAccessKey: "it's", region: 'us-east-1' };
  const api = (answer: object) =>
    play((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });

  test('are printed for a shell that evaluates them, whatever they are', async () => {
    const { stdout } = await eyrie('credentials', 'localhost.alice', '--api', await api(claimed), '--token', 't');
    const shown = execFileSync('bash', ['-c', 'eval "$1"; printf %s "$AWS_SECRET_ACCESS_KEY"', 'bash', stdout]);
    expect(String(shown)).toBe("it's");
  });

  test('are printed as a profile, unless they are sessions', async () => {
    const flags = ['--format', 'profile', '--profile', 'mine', '--token', 't'];
    const asProfile = await eyrie('credentials', 'localhost.alice', ...flags, '--api', await api(claimed));
    expect(asProfile.stdout).toBe(
      "[mine]\naws_access_key_id = AKIAX\naws_secret_access_key = it's\nregion = us-east-1\n",
    );
    const sessions = await api({ environment: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'u' }, region: 'us-east-1' });
    const refused = await eyrie('credentials', 'localhost.alice', ...flags, '--api', sessions);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--format env') });
  });

  test('are claimed under a key, so that the answer can be asked for again', async () => {
    let key: string | string[] | undefined;
    const url = await play((request, response) => {
      key = request.headers['idempotency-key'];
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(claimed));
    });
    await eyrie('credentials', 'localhost.alice', '--api', url, '--token', 't');
    expect(key).toMatch(/^[\w-]{36}$/);
  });
});

describe('retry and abandon-step', () => {
  const api = () =>
    play((request, response, body) => {
      const answer = aWorkspace({ asked: JSON.parse(body), url: request.url });
      response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });

  test.each([
    [['retry', 'localhost.alice'], { url: '/v1/workspaces/localhost.alice/retry', asked: {} }],
    [
      ['retry', 'localhost.alice', '--step', 'network'],
      { url: '/v1/workspaces/localhost.alice/retry', asked: { step: 'network' } },
    ],
    [
      ['abandon-step', 'localhost.alice', 'network', '--reason', 'gone'],
      { url: '/v1/workspaces/localhost.alice/abandon-step', asked: { step: 'network', reason: 'gone' } },
    ],
  ])('%j', async (args, expected) => {
    const { code, stdout } = await eyrie(...args, '--no-wait', '--json', '--api', await api(), '--token', 't');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject(expected);
  });
});

describe('schedules', () => {
  const schedule = {
    ...{ id: 'idle-disposal', summary: 'disposes', paused: false, note: '', running: false, missed: 0, skipped: 0 },
    nextRuns: ['2026-01-03T03:00:00.000Z'],
    lastRuns: [
      {
        ...{
          workflowId: 'w',
          runId: 'r',
          scheduledAt: '2026-01-02T03:00:00.000Z',
          startedAt: '2026-01-02T03:00:01.000Z',
        },
        ...{ status: 'COMPLETED', result: { due: 2 } },
      },
    ],
  };

  test('are listed with their next run and how the last one ended', async () => {
    const url = await play((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items: [schedule] }));
    });
    const { code, stdout } = await eyrie('schedules', '--api', url, '--token', 't');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'idle-disposal  waiting  2026-01-03T03:00:00.000Z  2026-01-02T03:00:00.000Z  COMPLETED {"due":2}',
    );
  });

  test('one is shown with its last runs; where there is none of the name, those that there are are told', async () => {
    const { run } = await playRoutes({ 'GET /v1/schedules': { items: [schedule] } });
    const { stdout } = await run('schedules', 'show', 'idle-disposal');
    expect(stdout).toMatch(/next run +2026-01-03T03[\s\S]*run +2026-01-02T03\S+ COMPLETED \{"due":2\} \(w\)/);
    expect((await run('schedules', 'run', 'x')).stderr).toBe(
      'eyrie: there is no schedule x; there are idle-disposal\n',
    );
    expect(await run('schedules', 'show', 'x')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('idle-disposal'),
    });
  });

  test('are paused with a reason', async () => {
    const url = await play((request, response, body) => {
      const paused = { ...schedule, paused: true, note: `${request.url} ${body}` };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(paused));
    });
    const flags = ['--reason', 'holidays', '--json', '--api', url, '--token', 't'];
    const { stdout } = await eyrie('schedules', 'pause', 'idle-disposal', ...flags);
    expect(JSON.parse(stdout)).toMatchObject({ note: '/v1/schedules/idle-disposal/pause {"reason":"holidays"}' });
  });
});

describe('exit codes', () => {
  test.each([
    [400, 3],
    [401, 3],
    [403, 3],
    [404, 4],
    [409, 5],
    [410, 5],
    [422, 3],
    [500, 1],
    [503, 7],
  ])('an answer of %i ends with %i, and --json prints the problem', async (status, exit) => {
    const problem = { status, code: 'Invalid', detail: 'why', errors: [{ pointer: '/user', detail: 'too long' }] };
    const api = await play((_, response) => {
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    const { code, stdout, stderr } = await eyrie('status', 'localhost.alice', '--json', '--api', api, '--token', 't');
    expect(code).toBe(exit);
    expect(JSON.parse(stdout)).toEqual(problem);
    expect(stderr).toContain('/user: too long');
  });

  test('an API that does not answer ends with 7', async () => {
    expect((await eyrieWith({}, 'status', 'x', '--api', 'http://127.0.0.1:1', '--token', 't')).code).toBe(7);
  });

  test.each([
    [['launch', '--no-such-option']],
    [['no-such-command']],
    [['terminate', 'x', '--mode', 'destroy', '--api', 'http://127.0.0.1:1', '--token', 't']],
    [['dev', '--api-port', 'x']],
    [['dev', '--scale', '-1']],
  ])('%j is a wrong command line: 2', async (args) => {
    expect((await eyrie(...args)).code).toBe(2);
  });

  test.each(['worker', 'api'])('%s with an unusable configuration lists every problem', async (root) => {
    const { code, stderr } = await eyrieWith({}, root, '--config', '/dev/null');
    expect(code).not.toBe(0);
    for (const option of ['environment', 'aws', 'sealingKeys', 'auth']) expect(stderr).toContain(option);
  });

  test('help ends with 0', async () => {
    expect((await eyrieWith({}, '--help')).code).toBe(0);
  });
});

describe('token', () => {
  test('prints the token and nothing else', async () => {
    const issuer: string = await play((request, response, body) => {
      if (request.url === '/token') response.end(JSON.stringify({ access_token: `got ${body}` }));
      else response.end(JSON.stringify({ token_endpoint: `http://${request.headers.host}/token` }));
    });
    const { stdout } = await eyrie('token', '--user', 'alice', '--ttl', '60', '--issuer', issuer);
    expect(stdout).toBe(
      'got {"grant_type":"client_credentials","claims":{"sub":"alice","context":{"user":{"name":"alice"}}},"ttl":60}\n',
    );
  });

  test.each([
    [{ user: 'alice' }, { sub: 'alice', context: { user: { name: 'alice' } } }],
    [
      { user: 'alice', sub: '17' },
      { sub: '17', context: { user: { name: 'alice' } } },
    ],
    [{ client: 'hatchery' }, { sub: null, azp: 'hatchery' }],
    [{ operator: true }, { sub: 'operator', scope: 'eyrie:operator' }],
    [
      { operator: true, user: 'olga' },
      { sub: 'olga', context: { user: { name: 'olga' } }, scope: 'eyrie:operator' },
    ],
  ])('%j has the claims %j', (request, claims) => {
    expect(claimsOf(request)).toEqual(claims);
  });
});

test.each([
  ['dev', '--config', '/nowhere/eyrie.yaml'],
  ['worker', '--config', '/nowhere/eyrie.yaml'],
  ['api', '--config', '/nowhere/eyrie.yaml'],
  ['api'],
  ['fly'],
  ['dev', '--api-port', '99999'],
])('%s %s %s is not usable: 2, and it says why', async (...args) => {
  const { code, stdout, stderr } = await eyrieWith({}, ...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(
    /\/nowhere\/eyrie\.yaml is not usable|--config FILE, or set EYRIE_CONFIG|unknown command|0 to 65535/,
  );
});

test('--version prints the version', async () => {
  expect(await eyrieWith({}, '--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test('dev names every port that it can’t have, before it starts anything', async () => {
  const taken = new URL(await play(() => undefined)).port;
  const { code, stderr } = await eyrieWith({}, 'dev', '--api-port', taken, '--aws-port', taken, '--ui-port', '0');
  expect(code).toBe(2);
  expect(stderr).toContain(`--api-port ${taken}: listen EADDRINUSE`);
  expect(stderr).toContain(`--aws-port ${taken}: --api-port asks for the same port`);
});

describe('operations urls', () => {
  const urls = async (temporal: object, ...flags: string[]) => {
    const file = join(mkdtempSync(join(tmpdir(), 'eyrie-config-')), 'config.json');
    const aws = { region: 'us-east-1', controlBucket: 'control' };
    const auth = { issuer: 'https://issuer.example.org' };
    writeFileSync(file, JSON.stringify({ environment: 'eyrie.example.org', aws, auth, temporal }));
    return await eyrie('operations', 'urls', '--config', file, ...flags);
  };

  test('lead into the namespace of the configuration; Temporal Cloud has one UI', async () => {
    const cloud = await urls({ address: 'prod.abc12.tmprl.cloud:7233', namespace: 'prod.abc12' });
    expect(cloud.stdout).toContain('\n  https://cloud.temporal.io/namespaces/prod.abc12/workflows?query=');
    const own = await urls({ namespace: 'eyrie' }, '--ui', 'https://temporal.example.org');
    expect(own.stdout).toContain('\n  https://temporal.example.org/namespaces/eyrie/workflows?query=');
  });

  test('where nobody knows the UI, it is said how to give it', async () => {
    const { code, stderr } = await urls({ address: 'temporal.example.org:7233' });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('pass --ui URL') });
  });
});

describe('tasks', () => {
  test('are listed with every filter, and the way to the next page', async () => {
    const asked: string[] = [];
    const url = await play((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ tasks: [{ id: 't-1', state: 'RUNNING', name: 'n' }], next_page_token: 'next' }));
    });
    const flags = [
      '--state',
      'RUNNING',
      '--name',
      'n',
      '--tag',
      'a=1=2',
      '--tag',
      'b',
      '--limit',
      '7',
      '--cursor',
      'c',
    ];
    const { code, stdout, stderr } = await eyrie('tasks', 'list', '--api', url, '--token', 't', ...flags);
    expect([code, asked]).toEqual([
      0,
      [
        'GET /ga4gh/tes/v1/tasks?view=BASIC&page_size=7&state=RUNNING&name_prefix=n&page_token=c&tag_key=a&tag_value=1%3D2&tag_key=b&tag_value=',
      ],
    ]);
    expect(stdout).toMatch(/^TASK +STATE +NAME +CREATED\nt-1 +RUNNING +n\n$/);
    expect(stderr).toContain('--cursor next');
  });

  test('are shown with how they ended, and created from a file', async () => {
    const logs = [{ logs: [{ exit_code: 1, stderr: 'no such file\n' }], system_logs: ['killed'] }];
    const executors = [{ image: 'alpine', command: ['cat', 'x'] }];
    const task = { id: 't-1', state: 'EXECUTOR_ERROR', name: 'n', executors, logs };
    const { run } = await playRoutes({
      'GET /ga4gh/tes/v1/tasks/t-1?view=FULL': task,
      'POST /ga4gh/tes/v1/tasks': { id: 't-2' },
    });
    const { stdout } = await run('tasks', 'show', 't-1');
    expect(stdout).toMatch(/runs +alpine cat x\nexit code +1\nwrote +no such file\nlog +killed\n$/);
    const file = join(mkdtempSync(join(tmpdir(), 'eyrie-task-')), 'task.yaml');
    writeFileSync(file, 'executors: [{image: alpine, command: ["true"]}]');
    expect((await run('tasks', 'create', '--file', file)).stdout).toBe('t-2\n');
  });

  test('are cancelled', async () => {
    const asked: string[] = [];
    const url = await play((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
    const { code, stdout } = await eyrie('tasks', 'cancel', 't/1', '--api', url, '--token', 't', '--json');
    expect([code, stdout, asked]).toEqual([0, '{}\n', ['POST /ga4gh/tes/v1/tasks/t%2F1:cancel']]);
  });
});

describe('storage', () => {
  const aStorage = (changes: object = {}) => ({
    ...aWorkspace({ id: 'localhost.42', user: '42', phase: 'ready' }),
    ...{ bucket: 'gen3wf-localhost-42', kmsKeyArn: 'arn:aws:kms:x', emptying: null },
    ...changes,
  });
  const emptying = { removed: 7, uploads: 1, perSecond: 3, startedAt: 'x', updatedAt: 'x' };
  const operation = { type: 'deleteStorage', startedAt: 'x', requestedBy: 'operator:olga' };

  test('is listed by phase, and shown', async () => {
    const { run } = await playRoutes({
      'GET /v1/storage?limit=50&phase=ready': { items: [aStorage()], nextCursor: 'next' },
      'GET /v1/storage/localhost.42': aStorage({ emptying }),
    });
    const listed = await run('storage', 'list', '--phase', 'ready');
    expect(listed.stdout).toMatch(/localhost\.42 +42 +ready +gen3wf-localhost-42/);
    expect(listed.stderr).toContain('--cursor next');
    const { stdout } = await run('storage', 'show', 'localhost.42');
    expect(stdout).toContain('7 objects, 1 uploads (3 a second)');
  });

  test.each([
    [['empty'], 'DELETE /v1/storage/localhost.42/objects'],
    [['delete'], 'DELETE /v1/storage/localhost.42'],
    [['retry'], 'POST /v1/storage/localhost.42/retry'],
  ])('%j follows to the end', async ([verb = ''], route) => {
    const news = [aStorage({ phase: 'emptying', operation }), aStorage({ emptying })];
    const stream = [
      ...news.map((view) => `event: storage\ndata: ${JSON.stringify(view)}\n\n`),
      'event: end\ndata: {}\n\n',
    ].join('');
    const { asked, run } = await playRoutes({
      [route]: aStorage({ operation }),
      'GET /v1/storage/localhost.42/events': stream,
    });
    const { code, stdout, stderr } = await run('storage', verb, 'localhost.42');
    expect([code, asked]).toEqual([0, [route, 'GET /v1/storage/localhost.42/events']]);
    expect(stderr).toContain('localhost.42 emptying');
    expect(stdout).toContain('7 objects');
    asked.length = 0;
    await run('storage', verb, 'localhost.42', '--no-wait');
    expect(asked).toEqual([route]);
  });

  test('that failed ends a watch with 6', async () => {
    const failed = aStorage({ phase: 'failed', error: { code: 'Denied', detail: 'no', step: 'bucket' } });
    const stream = `event: storage\ndata: ${JSON.stringify(failed)}\n\nevent: end\ndata: {}\n\n`;
    const { run } = await playRoutes({ 'GET /v1/storage/localhost.42/events': stream });
    const { code, stderr } = await run('storage', 'watch', 'localhost.42');
    expect(code).toBe(6);
    expect(stderr).toContain('Denied at bucket: no');
  });
});

describe('keys', () => {
  const task = { task: 'task-7', takenAt: 'x', until: '2026-12-01' };
  const aHolder = (changes: object = {}) => ({
    ...{ id: 'localhost.42-bot', user: '42', role: 'system', phase: 'ready', updatedAt: '2026-11-21', former: [] },
    ...{ keys: [{ id: 'AKIA1', state: 'active', status: 'expires in 29 days', tasks: [task] }], removal: null },
    ...changes,
  });
  const path = '/v1/key-holders/localhost.42-bot';

  test('are listed by holder, and shown with the tasks that hold them', async () => {
    const { run } = await playRoutes({
      'GET /v1/key-holders?limit=50': { items: [aHolder()], nextCursor: null },
      [`GET ${path}`]: aHolder(),
    });
    expect((await run('keys', 'list')).stdout).toMatch(/localhost\.42-bot +42 +system +ready +AKIA1 active/);
    const { stdout } = await run('keys', 'show', 'localhost.42-bot');
    expect(stdout).toContain('AKIA1 active, expires in 29 days');
    expect(stdout).toContain('held by task-7 until 2026-12-01 at most');
  });

  test('are removed with their holder, also by force; what is not over ends with 7', async () => {
    const removal = { requestedBy: 'operator:olga', requestedAt: 'x', force: true };
    const { run } = await playRoutes({
      [`DELETE ${path}?force=true`]: aHolder({ phase: 'removed', keys: [], removal }),
      [`DELETE ${path}`]: aHolder({ phase: 'removing', removal }),
    });
    const forced = await run('keys', 'remove', 'localhost.42-bot', '--force');
    expect([forced.code, forced.stdout]).toEqual([
      0,
      expect.stringMatching(/removed[\s\S]*asked for by operator:olga/),
    ]);
    expect((await run('keys', 'remove', 'localhost.42-bot')).code).toBe(7);
  });
});

describe('sweep', () => {
  const finding = (changes: object = {}) => ({
    ...{
      kind: 'no-record',
      type: 'AWS::EC2::VPC',
      id: 'vpc-1',
      name: null,
      account: '111122223333',
      region: 'us-east-1',
    },
    ...{
      owner: 'workspace/h/jane',
      tags: {},
      since: '2026-01-01T00:00:00.000Z',
      why: 'there is no record of its owner',
    },
    ...{ action: 'remove', command: 'aws --region us-east-1 ec2 delete-vpc --vpc-id vpc-1', outcome: null, ...changes },
  });

  /** @param underWay looks that find it under way */
  const sweptApi = async (
    findings: readonly object[],
    { failed = null as string | null, underWay = 0, stuck = null as object | null } = {},
  ) => {
    const asked: unknown[] = [];
    let looks = 0;
    const run = (running: boolean) => ({
      runId: 'run-1',
      startedAt: '2026-01-02T00:00:00.000Z',
      running,
      failed: running ? null : failed,
      stuck: running ? stuck : null,
    });
    const report = { at: '2026-01-02T00:00:00.000Z', places: ['111122223333/us-east-1'], looked: 7, findings, more: 0 };
    const url = await play((request, response, body) => {
      if (request.method === 'POST') asked.push(JSON.parse(body));
      else looks += 1;
      const over = looks > underWay;
      response.writeHead(request.method === 'POST' ? 202 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ run: run(!over), report: over ? report : null }));
    });
    return { asked, sweep: (...args: string[]) => eyrie('sweep', '--api', url, '--token', 'abc', ...args) };
  };

  test('waits for the report, tells each finding with what to do, and ends with 8 where something is left', async () => {
    const { asked, sweep } = await sweptApi([finding(), finding({ id: 'vpc-2', action: 'report' })], {
      underWay: 1,
    });
    const { code, stdout } = await sweep();
    expect(code).toBe(8);
    expect(asked).toEqual([{ apply: false, olderThanHours: 24 }]);
    expect(stdout).toMatch(/to be removed with --apply:[\s\S]*vpc-1[\s\S]*to be looked at by somebody:[\s\S]*vpc-2/);
    expect(stdout).toContain('ec2 delete-vpc --vpc-id vpc-1');
  });

  test('ends with 0 where nothing is left, also since it was removed just now', async () => {
    const clean = await sweptApi([]);
    expect(await clean.sweep()).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is left over') });
    const { asked, sweep } = await sweptApi([finding({ outcome: 'removed' })]);
    expect((await sweep('--apply', '--older-than', '7d', '--account', '111122223333')).code).toBe(0);
    expect(asked).toEqual([{ apply: true, olderThanHours: 168, account: '111122223333' }]);
  });

  test('a sweep that no worker answers for says so, once, and goes on waiting', async () => {
    const stuck = { reason: 'no worker answers', hint: 'start a worker: `eyrie doctor` tells which ones there are' };
    const { sweep } = await sweptApi([], { underWay: 2, stuck });
    const { code, stderr } = await sweep();
    expect(code).toBe(0);
    expect(stderr.match(/no worker answers: start a worker: `[^`]*eyrie doctor`/g)).toHaveLength(1);
  });

  test('whoever waits no longer, or asks while it runs, is told what shows the report', async () => {
    const { sweep } = await sweptApi([], { underWay: 1_000 });
    const late = await sweep('--timeout', '0.1');
    expect(late).toMatchObject({ code: 9, stderr: expect.stringContaining('`eyrie sweep --latest` shows its report') });
    expect((await sweep('--latest')).stderr).toMatch(/^a sweep is under way since 2026-01-02T00:00:00\.000Z/);
  });

  test('a sweep that fails ends with 6, and an age that is none with 2', async () => {
    const { sweep } = await sweptApi([], { failed: 'the sweep ended as FAILED' });
    expect((await sweep()).code).toBe(6);
    expect((await sweep('--older-than', 'yesterday')).code).toBe(2);
  });
});
