/** What a person may call a thing by. */
import { describe, expect, test } from 'vitest';
import { eyrie, play, playRoutes } from './run-cli.ts';

const ALICE = 'localhost.alice-40example-2eorg';

const aSubject = (id: string, changes: object = {}) => ({
  ...{
    id,
    user: 'alice@example.org',
    account: '111122223333',
    region: 'us-east-1',
    name: 'n',
    phase: 'running',
    profile: null,
  },
  ...{
    operation: null,
    steps: [],
    resources: [],
    stuck: null,
    error: null,
    interventions: [],
    leftovers: [],
    updatedAt: 'x',
  },
  ...{ credential: { state: 'claimed', accessKeyId: 'AKIAX' }, bucket: 'b', emptying: null, disposalDueAt: null },
  ...changes,
});

const aPage = (...items: object[]) => ({ items, nextCursor: null });

/** The first page is empty, as pages may be. */
const LISTS = {
  'GET /v1/workspaces?limit=1': { items: [], nextCursor: 'c' },
  'GET /v1/workspaces?limit=1&cursor=c': aPage(aSubject('localhost.someone')),
};

describe('a workspace', () => {
  const api = () =>
    playRoutes({
      ...LISTS,
      [`GET /v1/workspaces/${ALICE}`]: aSubject(ALICE),
    });

  test.each([
    ['its id', ALICE],
    ['its user', 'alice@example.org'],
    ['its user as it stands in names', 'alice-40example-2eorg'],
    ['the id of its workflow', 'workspace/localhost/alice-40example-2eorg'],
    ['its address', `URL/v1/workspaces/${ALICE}`],
    ['an address below it', `URL/v1/workspaces/${ALICE}/events`],
    [
      'its page in the Temporal UI',
      'http://127.0.0.1:8233/namespaces/default/workflows/workspace%2Flocalhost%2Falice-40example-2eorg/0190-run/history',
    ],
  ])('is found by %s', async (_, given) => {
    const { url, run } = await api();
    const { code, stdout } = await run('status', given.replace('URL', url));
    expect([code, stdout]).toEqual([0, expect.stringContaining(`workspace   ${ALICE}`)]);
  });

  test('is found by its id with one call, and by a user who looks like one after it', async () => {
    const dotted = 'localhost.jane-2edoe';
    const { asked, run } = await playRoutes({
      ...LISTS,
      [`GET /v1/workspaces/${dotted}`]: aSubject(dotted, { user: 'jane.doe' }),
    });
    await run('status', dotted);
    expect(asked).toEqual([`GET /v1/workspaces/${dotted}`]);
    expect((await run('status', 'jane.doe')).stdout).toContain(dotted);
  });

  test('of another user whose name is escaped to the same text is not taken for it', async () => {
    const { run } = await playRoutes({
      ...LISTS,
      'GET /v1/workspaces/localhost.-41b': aSubject('localhost.-41b', { user: 'somebody else' }),
    });
    expect((await run('terminate', 'Ab', '--no-wait')).code).toBe(4);
  });

  test.each(['nobody@example.org', 'localhost.nobody', 'no-such-user'])(
    'that is not there under %s: 4, and the forms are told',
    async (given) => {
      const { run } = await api();
      const { code, stderr } = await run('retry', given);
      expect(code).toBe(4);
      for (const form of [
        'alice@example.org',
        'localhost.alice-40example-2eorg',
        'workspace/localhost/',
        '/v1/workspaces/',
      ])
        expect(stderr).toContain(form);
      expect(stderr).toContain('`eyrie list` lists them');
    },
  );

  test('is not looked for at another API than the one whose token is sent', async () => {
    const { asked, run } = await api();
    const { code, stderr } = await run('terminate', `http://127.0.0.1:9/v1/workspaces/${ALICE}`);
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toContain('pass --api http://127.0.0.1:9');
  });

  test.each([
    'storage/localhost/42',
    'compute-environment/localhost/a',
    'URL/v1/key-holders/localhost.42',
    'http://127.0.0.1:8233/',
  ])('is nothing of another kind: %s', async (given) => {
    const { asked, url, run } = await api();
    const { code, stderr } = await run('terminate', given.replace('URL', url), '--mode', 'dispose');
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toContain('eyrie status');
  });
});

test.each([
  ['storage', 'show', '/v1/storage', '42', 'localhost.42', { user: '42' }],
  [
    'keys',
    'show',
    '/v1/key-holders',
    '42-bot',
    'localhost.42-bot',
    { role: 'system', keys: [], former: [], removal: null },
  ],
])('%s %s: %s by the id of its user', async (command, verb, path, given, id, changes) => {
  const { run } = await playRoutes({
    [`GET ${path}?limit=1`]: aPage(aSubject('localhost.7')),
    [`GET ${path}/${id}`]: aSubject(id, changes),
  });
  expect((await run(command, verb, given)).stdout).toContain(id);
  expect((await run(command, verb, '43')).stderr).toContain(`\`eyrie ${command} list\` lists them`);
});

describe('a compute environment', () => {
  const [FORGE, OTHER] = ['a1b2c3d4e5f6g7h8i9j0', 'b1b2c3d4e5f6g7h8i9j0'];
  const path = '/v1/compute-environments';
  const list = (name: string) => `GET ${path}?limit=100&name=${name}`;
  const api = () => {
    const gone = aSubject(`localhost.${OTHER}`, { phase: 'deleted' });
    return playRoutes({
      [list('lab')]: aPage(gone, aSubject(`localhost.${FORGE}`)),
      [list('twins')]: aPage(aSubject(`localhost.${FORGE}`), aSubject(`localhost.${OTHER}`)),
      [list('none')]: aPage(),
      [list('pool')]: aPage(),
      [`GET ${path}/by-alias/pool`]: aSubject(`localhost.${FORGE}`),
      [`GET ${path}?limit=50&tenantOf=localhost.${FORGE}`]: { items: [aSubject('localhost.tenant')], nextCursor: null },
      [`GET ${path}/${FORGE}`]: aSubject(`localhost.${FORGE}`),
      [`GET ${path}/localhost.${FORGE}/export`]: { name: 'lab' },
    });
  };

  test.each(['lab', 'pool', FORGE, `TowerForge-${FORGE}`, `TowerForge-${FORGE}-work`, `localhost.${FORGE}`])(
    'is found by %s',
    async (given) => {
      const { asked, run } = await api();
      expect(await run('compute', 'export', given)).toMatchObject({ code: 0, stdout: 'name: lab\n' });
      expect(asked.at(-1)).toBe(`GET ${path}/localhost.${FORGE}/export`);
    },
  );

  test.each(['lab', 'pool', FORGE, `localhost.${FORGE}`])('has its tenants listed by %s', async (given) => {
    const { run } = await api();
    expect((await run('compute', 'list', '--tenant-of', given)).stdout).toContain('localhost.tenant');
  });

  test('is not chosen among several of one name, and the forms are told where there is none', async () => {
    const { run } = await api();
    expect(await run('compute', 'dispose', 'twins')).toMatchObject({ code: 2, stderr: expect.stringContaining(OTHER) });
    expect(await run('compute', 'show', 'none')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('its forge id'),
    });
  });
});

describe('--stuck', () => {
  const stuck = {
    step: 'squid',
    since: '2026-11-21T12:00:00.000Z',
    code: 'Throttled',
    reason: 'r',
    exits: [],
    hint: 'h',
  };
  const [well, ill] = [aSubject('localhost.well'), aSubject('localhost.ill', { stuck })];

  test.each([
    ['list', '/v1/workspaces', ['list']],
    ['storage list', '/v1/storage', ['storage', 'list']],
    ['compute list', '/v1/compute-environments', ['compute', 'list']],
  ])('%s shows what is stuck in a column, and with --stuck it alone, of all pages', async (_, path, command) => {
    const { run } = await playRoutes({
      [`GET ${path}?limit=50`]: { items: [well, ill], nextCursor: null },
      [`GET ${path}?limit=100`]: { items: [well], nextCursor: 'c' },
      [`GET ${path}?limit=100&cursor=c`]: { items: [ill], nextCursor: null },
    });
    const all = (await run(...command)).stdout.split('\n');
    expect(all[0]).toMatch(/ STUCK$/);
    expect(all[1]).toMatch(/^localhost\.well .* -$/);
    expect(all[2]).toMatch(/^localhost\.ill .* squid since 2026-11-21T12:00:00\.000Z: Throttled$/);
    const alone = (await run(...command, '--stuck')).stdout;
    expect(alone).toContain('localhost.ill');
    expect(alone).not.toContain('localhost.well');
    const { items } = JSON.parse((await run(...command, '--stuck', '--json')).stdout) as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual(['localhost.ill']);
  });

  test.each([
    [{ phase: 'failed', error: { code: 'Denied' }, unwindingSince: null }, 'failed: Denied'],
    [{ phase: 'launching', error: { code: 'Denied' }, unwindingSince: '2026-11-21' }, 'launching, taken back: Denied'],
    [{ phase: 'launching', error: null, unwindingSince: '2026-11-21' }, 'launching, taken back'],
  ])('a list tells with what it has failed, and what is being taken back: %j', async (changes, told) => {
    const items = [aSubject('localhost.one', changes)];
    const { run } = await playRoutes({ 'GET /v1/workspaces?limit=50': { items, nextCursor: null } });
    expect((await run('list')).stdout).toContain(` ${told} `);
  });

  test('says of what has no worker that it has none', async () => {
    const reason = 'no worker answers; last answer: ec2:CreateVpc: rate exceeded';
    const alone = aSubject('localhost.ill', { stuck: { ...stuck, code: null, reason } });
    const { run } = await playRoutes({ 'GET /v1/workspaces?limit=50': { items: [alone], nextCursor: null } });
    expect((await run('list')).stdout).toMatch(/ squid since 2026-11-21T12:00:00\.000Z: no worker answers$/m);
  });
});

test('credentials of storage are those of a session, or of a key', async () => {
  const session = {
    ...{ accessKeyId: 'GWS1X', secretAccessKey: 's', sessionToken: 't', region: 'us-east-1', endpoint: 'http://e/s3' },
  };
  const { run } = await playRoutes({
    'POST /storage/session': session,
    'POST /storage/credentials': { aws_key_id: 'AKIAX', aws_key_secret: 'k' },
  });
  expect((await run('storage', 'credentials')).stdout).toBe(
    [
      "export AWS_ACCESS_KEY_ID='GWS1X'",
      "export AWS_SECRET_ACCESS_KEY='s'",
      "export AWS_SESSION_TOKEN='t'",
      "export AWS_REGION='us-east-1'",
      "export AWS_ENDPOINT_URL_S3='http://e/s3'\n",
    ].join('\n'),
  );
  expect((await run('storage', 'credentials', '--format', 'profile')).stdout).toBe(
    '[eyrie]\naws_access_key_id = GWS1X\naws_secret_access_key = s\naws_session_token = t\nregion = us-east-1\nendpoint_url = http://e/s3\n',
  );
  expect(JSON.parse((await run('storage', 'credentials', '--key', '--format', 'json')).stdout)).toEqual({
    accessKeyId: 'AKIAX',
    secretAccessKey: 'k',
  });
});

describe('own storage', () => {
  const info = { bucket: 'b', workdir: 's3://b/ga4gh-tes', region: 'us-east-1', kms_key_arn: null };
  const aStorage = {
    ...{ id: 'localhost.42', user: '42', account: '111122223333', region: 'us-east-1', bucket: 'b', phase: 'ready' },
    ...{ kmsKeyArn: null, emptying: null, operation: null, steps: [], stuck: null, error: null, leftovers: [] },
    ...{ unwindingSince: null, interventions: [], updatedAt: '2026-11-21T12:00:00.000Z' },
  };

  /** Under way until it is followed. @param ends whether it comes to its end */
  const settingUp = async (ends = true) => {
    const asked: string[] = [];
    let followed = false;
    const url = await play((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === '/v1/storage/localhost.42/events') {
        followed = true;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`event: storage\ndata: ${JSON.stringify(aStorage)}\n\n`);
        if (ends) response.end('event: end\ndata: {}\n\n');
      } else if (request.url === '/storage/info')
        response.end(JSON.stringify({ ...info, state: followed && ends ? 'ready' : 'setting-up' }));
      else if (request.url?.startsWith('/v1/storage')) response.end(JSON.stringify(aStorage));
      else response.writeHead(202, { location: '/v1/storage/localhost.42' }).end(JSON.stringify(info));
    });
    return { asked, run: (...args: string[]) => eyrie('storage', ...args, '--api', url, '--token', 't') };
  };

  test('is set up, and followed to its end', async () => {
    const { asked, run } = await settingUp();
    const { code, stdout, stderr } = await run('setup');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^bucket +b\n.*\n.*\nstate +ready\n$/) });
    expect(stderr).toContain('localhost.42 ready');
    expect(asked).toEqual(['GET /storage/setup', 'GET /v1/storage/localhost.42/events', 'GET /storage/info']);
    const json = await (await settingUp()).run('setup', '--json');
    expect(JSON.parse(json.stdout)).toEqual({ ...info, state: 'ready' });
    const { stdout: at } = await (await settingUp()).run('setup', '--no-wait', '--json');
    expect(JSON.parse(at)).toEqual({ ...info, state: 'setting-up' });
  });

  test.each([
    [['setup'], 'eyrie storage setup'],
    [['setup', '--json'], 'eyrie storage setup'],
    [['watch', 'localhost.42'], 'eyrie storage watch localhost.42'],
    [['delete', '--own'], 'eyrie storage watch localhost.42'],
    [['delete', 'localhost.42'], 'eyrie storage watch localhost.42'],
  ])('%j is waited for as long as --timeout says: it goes on', async (args, again) => {
    const { run } = await settingUp(false);
    const { code, stderr } = await run(...args, '--timeout', '0.05');
    expect({ code, stderr }).toEqual({ code: 9, stderr: expect.stringContaining(`goes on; \`${again}\` follows it`) });
    expect((await run(...args, '--timeout', '0')).code).toBe(2);
  });

  test('is emptied and deleted as its own, and never by leaving out whose', async () => {
    const { asked, run } = await settingUp();
    expect(await run('empty', '--own')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^storage +localhost\.42$/m),
    });
    expect(asked).toEqual([
      'DELETE /storage/user-bucket/objects',
      'GET /v1/storage/localhost.42',
      'GET /v1/storage/localhost.42/events',
    ]);
    const deleted = await settingUp();
    expect((await deleted.run('delete', '--own', '--no-wait')).code).toBe(0);
    expect(deleted.asked).toEqual(['DELETE /storage/user-bucket', 'GET /v1/storage/localhost.42']);
    const empty = await playRoutes({ 'DELETE /storage/user-bucket/objects': null });
    const url = await play((_request, response) => void response.writeHead(204).end());
    expect((await eyrie('storage', 'empty', '--own', '--api', url, '--token', 't')).stdout).toBe(
      'the bucket is empty\n',
    );
    for (const wrong of [['delete'], ['empty'], ['delete', 'localhost.42', '--own'], ['delete', '42', '--user', '42']])
      expect(await empty.run('storage', ...wrong)).toMatchObject({ code: 2, stderr: expect.stringContaining('--own') });
    expect(empty.asked).toEqual([]);
  });

  test('a set-up that failed ends with 6; without waiting it is told how far it is', async () => {
    const failed = { 'GET /storage/setup': info, 'GET /storage/info': { ...info, state: 'failed' } };
    const { run } = await playRoutes(failed);
    expect(await run('storage', 'setup')).toMatchObject({ code: 6, stderr: expect.stringContaining('is failed') });
    expect(await run('storage', 'setup', '--no-wait')).toMatchObject({ code: 0 });
  });

  test('its keys are listed and deleted, its sessions end', async () => {
    const asked: string[] = [];
    const url = await play((request, response, body) => {
      asked.push(`${request.method} ${request.url} ${body}`);
      if (request.method === 'GET')
        response.end(JSON.stringify([{ aws_key_id: 'AKIAX', status: 'expires in 3 days' }]));
      else response.writeHead(204).end();
    });
    const at = ['--api', url, '--token', 't'];
    expect((await eyrie('storage', 'keys', ...at)).stdout).toMatch(/^KEY .*\nAKIAX +expires in 3 days\n$/);
    expect((await eyrie('storage', 'delete-key', 'AKIAX', ...at)).stdout).toBe('AKIAX is deleted\n');
    expect((await eyrie('storage', 'revoke-sessions', '--of', '7', ...at)).code).toBe(0);
    expect(asked.slice(1)).toEqual(['DELETE /storage/credentials/AKIAX ', 'POST /storage/session/revoke {"user":"7"}']);
  });
});

test.each([['setup'], ['info'], ['keys'], ['credentials', '--key'], ['delete-key', 'AKIAX'], ['empty', '--own']])(
  'a token that is given says whose storage it is: `storage %s` takes no user beside it',
  async (...verb) => {
    const { run, asked } = await playRoutes({});
    expect(await run('storage', ...verb, '--user', '42')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('this one says itself whose it is'),
    });
    expect(asked).toEqual([]);
  },
);

test('the nextflow.config of storage is asked for in its mode', async () => {
  const url = await play((request, response) => response.end(`asked ${request.url}\n`));
  const { stdout } = await eyrie('storage', 'nextflow-config', '--mode', 'keys', '--api', url, '--token', 't');
  expect(stdout).toBe('asked /storage/nextflow.config?mode=keys\n');
});

test('a step of storage is given up with a reason', async () => {
  const route = 'POST /v1/storage/localhost.42/abandon-step';
  const { asked, run } = await playRoutes({ [route]: aSubject('localhost.42') });
  expect((await run('storage', 'abandon-step', 'localhost.42', 'objects', '--reason', 'gone', '--no-wait')).code).toBe(
    0,
  );
  expect(asked).toEqual([route]);
});
