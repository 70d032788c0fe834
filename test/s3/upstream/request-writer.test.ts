/**
 * What the writer lets out, an independent parser reads as the one request that was meant; everything else it refuses
 * before a byte has left.
 */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RequestWriter } from '#s3/upstream/lean/request-writer.ts';
import { renderHead, UnsendableError } from '#s3/upstream/request-head.ts';
import type { UpstreamRequest } from '#s3/upstream/upstream.ts';
import { parseWithLlhttp } from '../support/llhttp.ts';

const RUNS = Number(process.env.FUZZ_CASES ?? 1_000);

/** What trips a parser, or a writer that cuts characters to bytes. */
const nasty = fc.constantFrom(
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  '\u4e0d',
  '\u4e0a',
  '\u4e0d\u4e0a',
  '\u0130',
  '\u212a',
  '\u00a0',
  '\u0085',
  '\u2028',
  '#',
  '?',
  '%0d%0a',
  ' HTTP/1.1',
  '\ud800',
  '\u007f',
  '\u00ff',
  '\u0100',
  'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
);
const mixed = (plain: fc.Arbitrary<string>, weight: number) =>
  fc
    .array(
      fc.oneof(
        { arbitrary: plain, weight },
        { arbitrary: nasty, weight: 1 },
        { arbitrary: fc.string({ unit: 'binary' }), weight: 1 },
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join(''));
const word = fc.stringMatching(/^[a-z0-9-]{1,8}$/);

const header = fc.tuple(
  fc.oneof(
    { arbitrary: word.map((text) => `x-amz-meta-${text}`), weight: 20 },
    { arbitrary: mixed(word, 12), weight: 1 },
    {
      arbitrary: fc.constantFrom(
        'content-length',
        'Content-Length',
        'transfer-encoding',
        'host',
        'Connection',
        'upgrade',
        'expect',
        'trailer',
      ),
      weight: 1,
    },
  ),
  fc.oneof(
    { arbitrary: fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/), weight: 20 },
    { arbitrary: mixed(word, 12), weight: 1 },
    { arbitrary: fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)) }), weight: 2 },
  ),
);
const request = fc.record({
  method: fc.oneof(
    { arbitrary: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'), weight: 30 },
    { arbitrary: mixed(fc.constant('PUT'), 5), weight: 1 },
  ),
  path: fc.oneof(
    { arbitrary: fc.webPath({ size: 'small' }).map((path) => `/bucket${path}`), weight: 20 },
    { arbitrary: mixed(word, 12).map((text) => `/${text}`), weight: 1 },
    { arbitrary: mixed(word, 12), weight: 1 },
  ),
  host: fc.oneof({ arbitrary: fc.constant('s3.example:9000'), weight: 20 }, { arbitrary: mixed(word, 12), weight: 1 }),
  headers: fc.array(header, { maxLength: 6 }),
  /** The body in the pieces in which it is written. */
  pieces: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
  length: fc.oneof(
    { arbitrary: fc.constant('right' as const), weight: 10 },
    { arbitrary: fc.integer({ min: -2, max: 60 }), weight: 1 },
  ),
  isWhole: fc.boolean(),
});

test('what is accepted is read as exactly that request', async () => {
  const counts = { sent: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 3 }), async (requests) => {
      const out: Buffer[] = [];
      const writer = new RequestWriter({
        // A character that is no byte must not get here, whatever Latin-1 would make of it.
        writeHead: (head) =>
          void out.push(
            Buffer.from(
              [...head]
                .map((char) => char.codePointAt(0) as number)
                .map((code) => {
                  expect(code).toBeLessThan(256);
                  return code;
                }),
            ),
          ),
        writeWhole: (bytes) => void out.push(Buffer.from(bytes)),
        write: (bytes) => out.push(Buffer.from(bytes)) > 0,
      });
      const expected: unknown[] = [];
      for (const { method, path, host, headers, pieces, length, isWhole } of requests) {
        const body = Buffer.concat(pieces);
        const contentLength = length === 'right' ? body.length : length;
        const sent: UpstreamRequest = {
          method,
          path,
          headers: ['host', host, ...headers.flat()],
          contentLength,
          body: isWhole ? body : undefined,
        };
        const before = out.length;
        try {
          const head = renderHead(sent);
          if (isWhole) writer.begin(head, 0, body);
          else {
            writer.begin(head, contentLength);
            for (const piece of pieces) writer.write(Buffer.from(piece));
            writer.end();
          }
        } catch (error) {
          expect(error).toBeInstanceOf(UnsendableError);
          counts.refused++;
          // Nothing at all has left, or the request is not complete: its connection is cut here.
          if (out.length === before) continue;
          const { requests: read } = await parseWithLlhttp(Buffer.concat(out));
          // A request that announced no body was complete with its head; what followed has not left.
          expect(read).toHaveLength(expected.length + (contentLength === 0 ? 1 : 0));
          return;
        }
        counts.sent++;
        expected.push({
          method,
          target: path,
          headers: ['host', host, ...headers.flat(), 'content-length', String(contentLength)],
          body,
        });
      }
      if (expected.length === 0) return;
      expect(await parseWithLlhttp(Buffer.concat(out))).toEqual({ requests: expected, errors: [] });
    }),
    { numRuns: RUNS, verbose: 1 },
  );
  // Both sides were tried.
  expect(counts.sent).toBeGreaterThan(RUNS / 2);
  expect(counts.refused).toBeGreaterThan(RUNS / 20);
});

test('after a contradiction nothing more goes up, whatever is asked', () => {
  const out: Buffer[] = [];
  const writer = new RequestWriter({
    writeHead: (head) => void out.push(Buffer.from(head)),
    writeWhole: (bytes) => void out.push(bytes),
    write: (bytes) => out.push(bytes) > 0,
  });
  const head = renderHead({ method: 'PUT', path: '/b/k', headers: ['host', 'h'], contentLength: 4 });
  writer.begin(head, 4);
  expect(writer.write(Buffer.from('ab'))).toBe(true);
  expect(() => writer.write(Buffer.from('cde'))).toThrow(UnsendableError);
  const before = out.length;
  expect(() => writer.write(Buffer.from('cd'))).toThrow(UnsendableError);
  expect(() => writer.end()).toThrow(UnsendableError);
  expect(() => writer.begin(head, 4)).toThrow(UnsendableError);
  expect(out).toHaveLength(before);
  expect(Buffer.concat(out.slice(1)).toString()).toBe('ab');
});

test('the piece that completes a body waits for its end', () => {
  const out: Buffer[] = [];
  const ignore = (): void => {};
  const writer = new RequestWriter({ writeHead: ignore, writeWhole: ignore, write: (bytes) => out.push(bytes) > 0 });
  writer.begin(renderHead({ method: 'PUT', path: '/b/k', headers: ['host', 'h'], contentLength: 4 }), 4);
  writer.write(Buffer.from('ab'));
  writer.write(Buffer.from('cd'));
  expect(Buffer.concat(out).toString()).toBe('ab');
  expect(writer.isReady).toBe(false);
  writer.end();
  expect(Buffer.concat(out).toString()).toBe('abcd');
  expect(writer.isReady).toBe(true);
});
