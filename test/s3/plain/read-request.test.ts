/** What is read as a plain request is read as the same one by llhttp; whatever else there is, is left to it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPlainRequest } from '#s3/plain/read-request.ts';
import { parseWithLlhttp } from '../support/llhttp.ts';

const RUNS = 1_500;

const plain = (lines: readonly string[], body = '', start = 'PUT /b/k?x=1 HTTP/1.1'): string =>
  `${[start, ...lines].map((line) => `${line}\r\n`).join('')}\r\n${body}`;

const read = (text: string) => readPlainRequest(Buffer.from(text, 'latin1'));

describe('plain', () => {
  test.each([
    ['a GET', plain(['Host: h', 'Range: bytes=0-1'], '', 'GET /b/k HTTP/1.1'), ''],
    ['an upload', plain(['host: h', 'content-length: 2', 'Connection: keep-alive'], 'ab'), 'ab'],
    ['an empty upload', plain(['host: h', 'content-length: 0']), ''],
    [
      'frames',
      plain(['host: h', 'content-encoding: aws-chunked', 'content-length: 10'], '0\r\n\r\nabcde'),
      '0\r\n\r\nabcde',
    ],
  ])('%s', (_name, text, body) => {
    expect(read(text)?.body.toString()).toBe(body);
  });
});

describe('not plain', () => {
  test.each([
    ['no end of the head', 'GET / HTTP/1.1\r\nHost: h\r\n'],
    ['half a body', plain(['Host: h', 'Content-Length: 3'], 'ab')],
    ['more than the body', plain(['Host: h', 'Content-Length: 1'], 'ab')],
    ['a body without a length', plain(['Host: h'], 'ab')],
    ['two lengths', plain(['Host: h', 'Content-Length: 2', 'Content-Length: 2'], 'ab')],
    ['a length with a sign', plain(['Host: h', 'Content-Length: +2'], 'ab')],
    ['a length with a zero before it', plain(['Host: h', 'Content-Length: 02'], 'ab')],
    ['a list of lengths', plain(['Host: h', 'Content-Length: 2, 2'], 'ab')],
    ['chunks', plain(['Host: h', 'Transfer-Encoding: chunked'], '0\r\n\r\n')],
    ['chunks and a length', plain(['Host: h', 'Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n')],
    ['no host', plain(['X: y'])],
    ['two hosts', plain(['Host: h', 'host: h'])],
    ['a folded line', plain(['Host: h', 'X: y', ' z'])],
    ['a blank before the colon', plain(['Host: h', 'Content-Length : 2'], 'ab')],
    ['no blank behind the colon', plain(['Host:h'])],
    ['two blanks behind the colon', plain(['Host:  h'])],
    ['a blank at the end', plain(['Host: h '])],
    ['a tab', plain(['Host: h', 'X: a\tb'])],
    ['an empty value', plain(['Host: h', 'X: '])],
    ['a byte above ASCII', plain(['Host: h', 'X: \xe9'])],
    ['a line feed alone', plain(['Host: h', 'X: y\nContent-Length: 2'], 'ab')],
    ['a carriage return alone', plain(['Host: h', 'X: y\rz'])],
    ['a NUL', plain(['Host: h', 'X: y\0z'])],
    ['line feeds at the end of the head', 'GET / HTTP/1.1\r\nHost: h\n\n'],
    ['an empty line before it', `\r\n${plain(['Host: h'])}`],
    ['HTTP/1.0', plain(['Host: h'], '', 'GET / HTTP/1.0')],
    ['another method', plain(['Host: h'], '', 'PATCH / HTTP/1.1')],
    ['a method in lower case', plain(['Host: h'], '', 'get / HTTP/1.1')],
    ['an absolute target', plain(['Host: h'], '', 'GET http://h/s3/b HTTP/1.1')],
    ['a target with a blank', plain(['Host: h'], '', 'GET /a b HTTP/1.1')],
    ['two blanks', plain(['Host: h'], '', 'GET  / HTTP/1.1')],
    ['close', plain(['Host: h', 'Connection: close'])],
    ['a connection header that names another', plain(['Host: h', 'Connection: keep-alive, x'])],
    ['an upgrade', plain(['Host: h', 'Upgrade: h2c'])],
    ['an expectation', plain(['Host: h', 'Expect: 100-continue'])],
    ['a second request behind it', plain(['Host: h']) + plain(['Host: h'])],
    ['many headers', plain(['Host: h', ...Array.from({ length: 70 }, (_, i) => `X-${i}: y`)])],
  ])('%s', (_name, text) => {
    expect(read(text)).toBeUndefined();
  });
});

const NAMES = ['Range', 'x-amz-date', 'authorization', 'X', 'Connection'];
const ODD_NAMES = [
  'Host',
  'host',
  'Content-Length',
  'content-length',
  'Transfer-Encoding',
  'Expect',
  'te',
  'é',
  'a b',
  '',
];
const VALUES = ['h', 'keep-alive', 'a b', 'a, b', 'AWS4-HMAC-SHA256 Credential=x'];
const ODD_VALUES = ['0', '2', '5', '02', 'chunked', 'close', ' a', 'a ', '', 'a\tb', 'a\x7fb', 'é'];
const COLONS = [': '];
const ODD_COLONS = [':', ' : ', ':  '];
const ENDS = ['\r\n'];
const ODD_ENDS = ['\n', '\r', '\r\n '];

/** Nearly always of the first. */
const mostly = (usual: readonly string[], odd: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 8 }, { arbitrary: fc.constantFrom(...odd), weight: 1 });

const text = fc
  .record({
    method: fc.constantFrom('GET', 'PUT', 'PUT', 'HEAD', 'POST', 'DELETE', 'OPTIONS', 'put'),
    target: fc.constantFrom('/', '/b/k', '/b/k?x=%41', '/s3/b/k', 'http://h/b', '*', '/é', '/a b'),
    version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0'),
    lines: fc.array(
      fc.record({
        name: mostly(NAMES, ODD_NAMES),
        colon: mostly(COLONS, ODD_COLONS),
        value: mostly(VALUES, ODD_VALUES),
        end: mostly(ENDS, ODD_ENDS),
      }),
      { maxLength: 4 },
    ),
    host: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
    body: fc.constantFrom('', '', 'ab', 'abcde', '0\r\n\r\n', 'GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n'),
    announced: fc.boolean(),
  })
  .map(({ method, target, version, lines, host, body, announced }) => {
    const own = [...(host ? ['Host: h\r\n'] : []), ...(announced ? [`Content-Length: ${body.length}\r\n`] : [])];
    const others = lines.map(({ name, colon, value, end }) => name + colon + value + end);
    return `${method} ${target} ${version}\r\n${[...own, ...others].join('')}\r\n${body}`;
  });

test('property: what is read is what llhttp reads, and nothing is left of the bytes', async () => {
  let plainOnes = 0;
  await fc.assert(
    fc.asyncProperty(text, async (text) => {
      const found = read(text);
      if (!found) return;
      plainOnes++;
      const { method, target, rawHeaders, body } = found;
      expect(await parseWithLlhttp(Buffer.from(text, 'latin1'))).toEqual({
        requests: [
          { method, target, headers: rawHeaders.map((part, i) => (i % 2 === 0 ? part.toLowerCase() : part)), body },
        ],
        errors: [],
      });
    }),
    { numRuns: RUNS, verbose: 1 },
  );
  expect(plainOnes).toBeGreaterThan(RUNS / 30);
});
