import { expect, test } from 'vitest';
import { problemOfAnswer } from '#tes/relay.ts';

const told = (error: string, status = 400, secrets: readonly string[] = []): string =>
  problemOfAnswer({ status, text: JSON.stringify({ error }), retryAfter: undefined }, secrets).message;

test.each([
  'http://funnel-service:8000/v1/tasks',
  'https://user:pass@10.0.0.7/x?y=z',
  'grpc://funnel.default.svc.cluster.local:9090',
  'dial tcp 10.1.2.3:9090: connect',
  'dial tcp [fd00::1]:9090: connect',
  'fe80::1%eth0 and ::1',
  'lookup funnel.default.svc.cluster.local on 10.0.0.10:53',
  'ip-10-0-0-7.ec2.internal',
  'funnel-service:8000',
  'localhost:9090',
])('of an error with %j no address is told', (address) => {
  const text = told(`the task ${address} failed, sadly`);
  for (const part of ['10.', 'fd00', 'fe80', '::1', 'funnel', 'localhost', 'internal', '8000', '9090', 'pass'])
    expect(text).not.toContain(part);
  expect(text).toContain('sadly');
});

test('a reason that holds no address is told as it is', () => {
  expect(told('Task.Executors[0].Image: required, but empty')).toBe(
    'the TES server refuses the request: Task.Executors[0].Image: required, but empty',
  );
});

test('what was sent along does not come back', () => {
  expect(told('bad header x: hush-hush', 400, ['hush-hush'])).not.toContain('hush-hush');
});

test.each([
  ['<html>nginx at 10.0.0.1</html>', 'a page'],
  ['{"error": {"nested": "http://10.0.0.1"}}', 'a form that is not known'],
  ['', 'nothing'],
])('%s tells nothing', (text) => {
  expect(problemOfAnswer({ status: 400, text, retryAfter: undefined }).message).toBe(
    'the TES server refuses the request',
  );
});

test.each([
  [500, 502],
  [501, 502],
  [502, 502],
  [504, 502],
  [503, undefined],
  [429, undefined],
  [401, 502],
  [403, 502],
  [302, 502],
  [418, 502],
])('the status %i of the server is answered with %s', (status, expected) => {
  const { code, extras } = problemOfAnswer({ status, text: '', retryAfter: '7' });
  expect(code).toBe('Unavailable');
  expect(extras.status).toBe(expected);
  expect(extras.retryAfter).toBe(expected === undefined ? 7 : undefined);
});
