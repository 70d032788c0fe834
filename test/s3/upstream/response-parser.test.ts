/** The response parser: what it takes, what it refuses, every split, and random changes. */
import { describe, expect, test } from 'vitest';
import { ParseError, ResponseParser } from '#s3/upstream/lean/response-parser.ts';
import { createRandom } from '../support/random.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const CASES = Number(process.env.FUZZ_CASES ?? 20_000);

interface Seen {
  heads: [number, string[]][];
  body: string;
  ends: number;
  keepsAlive: boolean;
  /** Bytes behind the response. */
  rest: string;
  error: string | undefined;
}

/** @param close the connection ends behind the bytes; @param pause the sink takes one piece at a time */
const parse = (pieces: readonly Buffer[], { isHead = false, close = false, pause = false } = {}): Seen => {
  const seen: Seen = { heads: [], body: '', ends: 0, keepsAlive: false, rest: '', error: undefined };
  const parser = new ResponseParser({
    onHead: (status, headers) => void seen.heads.push([status, headers]),
    onData: (piece) => {
      seen.body += piece.toString('latin1');
      return !pause;
    },
    onEnd: () => void seen.ends++,
  });
  parser.begin(isHead);
  try {
    for (const piece of pieces) {
      // The same memory is used again for the next read, as on a connection.
      const memory = Buffer.alloc(piece.length + 8, 'Z');
      piece.copy(memory, 4);
      let at = 4;
      while (at < 4 + piece.length && !parser.isDone) {
        const stop = parser.execute(memory, at, 4 + piece.length);
        if (stop <= at) throw new Error('it does not move');
        at = stop;
      }
      if (parser.isDone) seen.rest += memory.toString('latin1', at, 4 + piece.length);
      memory.fill('Z');
    }
    if (close) parser.finish();
    seen.keepsAlive = parser.keepsAlive;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    seen.error = error.message;
  }
  return seen;
};
const one = (text: string, options = {}): Seen => parse([Buffer.from(text, 'latin1')], options);

const GOOD: { name: string; text: string; status: number; body: string; keepsAlive: boolean; options?: object }[] = [
  {
    name: 'a length',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "x"\r\n\r\nhello',
    status: 200,
    body: 'hello',
    keepsAlive: true,
  },
  {
    name: 'no reason',
    text: 'HTTP/1.1 206 \r\ncontent-length: 2\r\n\r\nok',
    status: 206,
    body: 'ok',
    keepsAlive: true,
  },
  {
    name: 'no reason nor blank',
    text: 'HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n',
    status: 200,
    body: '',
    keepsAlive: true,
  },
  {
    name: 'chunks',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, world!!!\r\n0\r\n\r\n',
    status: 200,
    body: 'hello, world!!!',
    keepsAlive: true,
  },
  {
    name: 'chunks with trailers',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-trailer: y\r\n\r\n',
    status: 200,
    body: 'ok',
    keepsAlive: true,
  },
  {
    name: 'until the end',
    text: 'HTTP/1.1 200 OK\r\nETag: "x"\r\n\r\nall of it',
    status: 200,
    body: 'all of it',
    keepsAlive: false,
    options: { close: true },
  },
  {
    name: 'HEAD with a length',
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n',
    status: 200,
    body: '',
    keepsAlive: true,
    options: { isHead: true },
  },
  {
    name: 'HEAD with chunks',
    text: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    status: 200,
    body: '',
    keepsAlive: true,
    options: { isHead: true },
  },
  { name: '204', text: 'HTTP/1.1 204 No Content\r\n\r\n', status: 204, body: '', keepsAlive: true },
  {
    name: '304 with a length',
    text: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n',
    status: 304,
    body: '',
    keepsAlive: true,
  },
  {
    name: 'interim responses',
    text: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsAlive: true,
  },
  {
    name: 'Connection: close',
    text: 'HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsAlive: false,
  },
  {
    name: 'HTTP/1.0',
    text: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsAlive: false,
  },
  {
    name: 'HTTP/1.0 keep-alive',
    text: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsAlive: true,
  },
  {
    name: 'Latin-1 and empty values',
    text: 'HTTP/1.1 200 OK\r\nx-amz-meta-a: caf\xe9\r\nx-empty:\r\nx-blank: \t \r\nContent-Length:2 \r\n\r\nok',
    status: 200,
    body: 'ok',
    keepsAlive: true,
  },
];

describe('accepted', () => {
  test.each(GOOD)(
    '$name, whole, byte by byte, and at every split',
    ({ text, status, body, keepsAlive, options = {} }) => {
      const bytes = Buffer.from(text, 'latin1');
      const expected = one(text, options);
      expect(expected.error).toBeUndefined();
      expect([expected.heads.map(([code]) => code), expected.body, expected.ends, expected.keepsAlive]).toEqual([
        [status],
        body,
        1,
        keepsAlive,
      ]);
      expect(
        parse(
          Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
          options,
        ),
      ).toEqual(expected);
      for (let at = 0; at <= bytes.length; at++) {
        expect(parse([bytes.subarray(0, at), bytes.subarray(at)], options), `split at ${at}`).toEqual(expected);
        expect(
          parse([bytes.subarray(0, at), bytes.subarray(at)], { ...options, pause: true }),
          `paused, split at ${at}`,
        ).toEqual(expected);
      }
    },
  );

  test('what follows the response is not swallowed', () => {
    expect(one('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200').rest).toBe('HTTP/1.1 200');
  });

  test('names and values come as they were sent, blanks trimmed', () => {
    expect(one('HTTP/1.1 200 OK\r\nETag:  "x" \r\nX-B: a  b\r\nContent-Length: 0\r\n\r\n').heads[0]?.[1]).toEqual([
      'ETag',
      '"x"',
      'X-B',
      'a  b',
      'Content-Length',
      '0',
    ]);
  });
});

describe('refused', () => {
  const OK = 'HTTP/1.1 200 OK\r\n';
  test.each([
    ['another protocol', 'HTTP/2 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of 600', 'HTTP/1.1 600 X\r\n\r\n'],
    ['no status line', 'Content-Length: 2\r\n\r\nok'],
    ['leading line ends', '\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ['a switch of protocols', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n'],
    ['two lengths', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok`],
    ['the same length twice', `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`],
    ['a list of lengths', `${OK}Content-Length: 2, 2\r\n\r\nok`],
    ['a signed length', `${OK}Content-Length: +2\r\n\r\nok`],
    ['a length in hexadecimal', `${OK}Content-Length: 0x2\r\n\r\nok`],
    ['an empty length', `${OK}Content-Length:\r\n\r\nok`],
    ['length and chunks', `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['chunked twice', `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['a folded line', `${OK}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
    ['a blank before the colon', `${OK}Content-Length : 2\r\n\r\nok`],
    ['a name that is none', `${OK}Con tent: 2\r\n\r\n`],
    ['no colon', `${OK}Nonsense\r\n\r\n`],
    ['an empty name', `${OK}: x\r\n\r\n`],
    ['a NUL in a value', `${OK}X-A: b\0c\r\n\r\n`],
    ['a bare CR in a value', `${OK}X-A: b\rSet-Cookie: c\r\n\r\n`],
    ['a bare LF between lines', `${OK}X-A: b\nX-C: d\r\n\r\n`],
    ['a chunk without a size', `${OK}Transfer-Encoding: chunked\r\n\r\n\r\nok`],
    ['a chunk size that is none', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\nok`],
    ['a chunk size with a sign', `${OK}Transfer-Encoding: chunked\r\n\r\n-2\r\nok`],
    ['a huge chunk size', `${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`],
    ['a chunk line with a bare LF', `${OK}Transfer-Encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n`],
    ['a chunk that is too long', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\noki\r\n0\r\n\r\n`],
    ['a trailer that is none', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n\r\n`],
    ['an endless head', `${OK}X-A: ${'x'.repeat(70_000)}`],
    ['an endless chunk header', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`],
  ])('%s', (_name, text) => {
    expect(one(text).error).toBeDefined();
    expect(parse(Array.from(Buffer.from(text, 'latin1'), (byte) => Buffer.from([byte]))).error).toBeDefined();
  });

  test.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    'HTTP/1.1 200 O',
    'HTTP/1.1 100 Continue\r\n\r\n',
    '',
  ])('a connection that ends within %j', (text) => {
    expect(one(text, { close: true })).toMatchObject({ error: 'the connection ended before the response', ends: 0 });
  });
});

test(`changed at random: refused, or one response; the same in any pieces (seed ${SEED}, ${CASES} cases)`, {
  timeout: 1_200_000,
}, () => {
  const random = createRandom(SEED);
  for (let i = 0; i < CASES; i++) {
    const { text, options = {} } = GOOD[random.below(GOOD.length)] as (typeof GOOD)[number];
    const bytes = random.mutate(Buffer.from(text, 'latin1'));
    const whole = parse([bytes], options);
    expect(whole.ends, `seed ${SEED}, case ${i}`).toBeLessThanOrEqual(1);
    expect(whole.heads.length).toBeLessThanOrEqual(1);
    const pieces = parse(random.split(bytes), options);
    // A refusal may come earlier or later; what was read until then is the same.
    expect(
      [pieces.error === undefined, pieces.ends, pieces.heads, pieces.keepsAlive],
      `seed ${SEED}, case ${i}: ${JSON.stringify(bytes.toString('latin1'))}`,
    ).toEqual([whole.error === undefined, whole.ends, whole.heads, whole.keepsAlive]);
    if (whole.error === undefined) expect(pieces.body).toBe(whole.body);
  }
});
