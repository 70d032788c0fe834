import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { checkApi, checkClock, checkIssuer } from '#doctor/api.ts';
import { type Neighbourhood, neighboursOf } from '#doctor/neighbours.ts';
import { pollersOf } from '#doctor/temporal.ts';
import { renderIdentity } from '#domain/core/installation.ts';

const installation = { environment: 'h', controlBucket: 'c' };
const at = { installation, version: '1.0.0', name: 'eyrie/h/c' };
const worker = (environment: string, version = '1.0.0') =>
  renderIdentity({ environment, controlBucket: 'c' }, { version, pid: 1, host: 'm' });

describe('workers', () => {
  test.each([
    ['none', [], [['workers', 'problem']]],
    ['our own', [worker('h')], [['workers', 'ok']]],
    ["another environment's", [worker('h'), worker('other')], [['workers', 'problem']]],
    ['a stranger', ['8@laptop'], [['workers', 'problem']]],
    [
      'an old one',
      [worker('h'), worker('h', '0.9.0')],
      [
        ['workers', 'ok'],
        ['versions', 'warning'],
      ],
    ],
  ])('%s', (_, identities, verdicts) => {
    expect(
      pollersOf(
        identities.map((identity) => ({ identity, at: Date.now() })),
        at,
      ).map(({ check, verdict }) => [check, verdict]),
    ).toEqual(verdicts);
  });
});

describe('neighbours', () => {
  const alone: Neighbourhood = { elsewhere: [], strays: [], scheduleIds: ['eyrie/h/c/sweep', 'somebody-elses'] };
  const say = (more: Partial<Neighbourhood>) => neighboursOf({ ...alone, ...more }, installation);

  test('other environments, and schedules of other products, are none of its business', () => {
    expect(say({})).toMatchObject([{ verdict: 'ok', detail: 'nobody else has schedules here' }]);
    expect(say({ scheduleIds: ['eyrie/other/c/sweep'] })).toMatchObject([
      { verdict: 'ok', detail: 'apart from other' },
    ]);
  });

  test.each<[string, Partial<Neighbourhood>, string]>([
    ['the same environment with another bucket', { scheduleIds: ['eyrie/h/d/sweep'] }, 'control bucket, too: d'],
    ['its work elsewhere', { elsewhere: [{ workflowId: 'workspace/h/u', taskQueue: 'eyrie/h/d' }] }, 'on eyrie/h/d'],
    ["others' work here", { strays: ['workspace/other/u'] }, 'workspace/other/u'],
    ['a list that is too long', { strays: ['a', 'b', 'c', 'd', 'e', 'f'] }, 'e and more'],
  ])('%s is to be mended', (_, seen, detail) => {
    expect(say(seen)).toMatchObject([{ verdict: 'problem', detail: expect.stringContaining(detail) }]);
  });
});

const serve = async (answers: Readonly<Record<string, object>>, date?: string): Promise<string> => {
  const server = createServer(({ url = '' }, response) => {
    const answer = answers[url];
    response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json', ...(date && { date }) });
    response.end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

const configOf = (publicUrl: string) => ({ api: { publicUrl }, auth: { issuer: publicUrl } }) as never;

describe('the API', () => {
  const ready = { '/health/ready': { checks: { temporal: 'ok' } }, '/_version': { version: '1.0.0' } };

  test('that is ready and of this version is well', async () => {
    const findings = await checkApi(configOf(await serve(ready)), '1.0.0');
    expect(findings).toMatchObject([{ verdict: 'ok' }]);
  });

  test('tells which of its peers is missing, and that it is of another version', async () => {
    const answers = { ...ready, '/health/ready': { checks: { temporal: 'does not answer' } } };
    const findings = await checkApi(configOf(await serve(answers)), '2.0.0');
    expect(findings).toMatchObject([
      { verdict: 'problem', detail: expect.stringContaining('temporal does not answer') },
      { verdict: 'warning', check: 'API version' },
    ]);
  });

  test('that does not answer is named with its address and the reason', async () => {
    const [finding] = await checkApi(configOf('http://127.0.0.1:65533'), '1.0.0');
    expect(finding).toMatchObject({
      verdict: 'problem',
      detail: expect.stringMatching(/127\.0\.0\.1:65533.*ECONNREFUSED/),
    });
  });
});

test('a worker that has gone is not taken for one, although Temporal remembers its polls for minutes', () => {
  const now = Date.parse('2026-01-01T00:10:00Z');
  const installation = { environment: 'brh', controlBucket: 'control' };
  const at = { installation, version: '1', name: 'eyrie/brh/control', now };
  const polls = (ago: number) => [{ identity: 'eyrie/1 brh control 7@host', at: now - ago * 1000 }];
  expect(pollersOf(polls(120), at)).toMatchObject([
    {
      verdict: 'problem',
      detail: expect.stringContaining('7@host did so last, 120 seconds ago'),
      todo: expect.stringContaining('`eyrie worker --config FILE`'),
    },
  ]);
  expect(pollersOf(polls(60), at)[0]?.detail).not.toContain('did so last');
});

describe('the issuer', () => {
  test('is well where its keys are found by discovery', async () => {
    const answers: Record<string, object> = { '/keys': { keys: [{}] } };
    const url = await serve(answers);
    answers['/.well-known/openid-configuration'] = { jwks_uri: `${url}/keys` };
    expect(await checkIssuer(configOf(url))).toMatchObject({
      verdict: 'ok',
      detail: expect.stringContaining('1 keys'),
    });
  });

  test('is a problem where it publishes none', async () => {
    expect(await checkIssuer(configOf(await serve({})))).toMatchObject({ verdict: 'problem' });
  });
});

describe('clocks', () => {
  const date = new Date('2026-01-01T00:00:00Z');

  test.each([
    [0, 'ok'],
    [-29, 'ok'],
    [31, 'warning'],
    [-299, 'problem'],
    [400, 'problem'],
  ])('%i s off is %s', async (seconds, verdict) => {
    const url = await serve({ '/': {} }, date.toUTCString());
    const finding = await checkClock('AWS', url, () => date.getTime() + seconds * 1000);
    expect(finding.verdict).toBe(verdict);
    expect(finding.detail).toContain(`${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} AWS`);
  });
});
