/** Where does a body end? Whoever is made to believe something else reads the rest as a request. */
import { type Attack, broken, CHUNKED, FRAMES, inChunk, LAST_CHUNK, lengthOf, passed, refused } from './attack.ts';

const FIVE = 'Content-Length: 5';
const CHUNKS = inChunk(FRAMES) + LAST_CHUNK;
const SIZE = FRAMES.length.toString(16);

const BAD_LENGTHS = [
  ...['+5', '-5', '0x5', '5 5', '5, 5', '5,6', '5;', '5.0', '1e1', '', 'x', '\xd9\xa5', '\x0b5', '5\0', '5\r', '5_0'],
  ...['99999999999999999999', '18446744073709551621', '340282366920938463463374607431768211461'],
];
const BAD_CODINGS = [
  ...['x', 'identity', 'identity, chunked', 'chunked, identity', 'chunked, chunked', 'gzip, chunked', 'chunked\r'],
  ...['\x0bchunked', '"chunked"', 'chunked;q=1', 'chunke', 'xchunked', 'chunked\0', 'chunked,', '', ',chunked'],
];
const BAD_SIZES = [
  ...[
    '',
    ` ${SIZE}`,
    `0x${SIZE}`,
    `+${SIZE}`,
    `-${SIZE}`,
    `${SIZE} `,
    `${SIZE}\t`,
    'g',
    '\xb2',
    `${SIZE}_0`,
    `${SIZE}.0`,
  ],
  ...[
    `1000000000000000${SIZE}`,
    'fffffffffffffffff',
    `${SIZE}\n`,
    `${SIZE}\r`,
    `${SIZE};a\nb`,
    `${SIZE};a\rb`,
    `${SIZE};a\0b`,
  ],
];

/** A line about the body that is none. */
const BAD_LINES = [FIVE, CHUNKED].flatMap((line) => {
  const [name, value] = line.split(': ') as [string, string];
  return [
    ...[' ', '\t', '\0', '\x0b', '\xa0', '\xad', ';x', '\r'].map((odd) => `${name}${odd}: ${value}`),
    ...[' ', '\t', '\0', '\x0b', '\xa0', '\r', '\n', ':'].map((odd) => `${odd}${name}: ${value}`),
    ...['\r', '\n', '\r\n ', '\r\n\t', '\n ', '\0'].flatMap((odd) => [`${name}:${odd}${value}`, `X: y${odd}${line}`]),
    ...['\r', '\0', '\x7f', '\x01'].map((odd) => `${line}${odd}`),
    `(${name}): ${value}`,
    `${name} ${value}`,
  ];
});

const BAD_ENDS: Readonly<Record<string, string>> = {
  'a length as a trailer': `${inChunk(FRAMES)}0\r\ncontent-length: 700\r\n\r\n`,
  'a coding as a trailer': `${inChunk(FRAMES)}0\r\n${CHUNKED}\r\n\r\n`,
  'a chunk without a line break': `${SIZE}\r\n${FRAMES}${LAST_CHUNK}`,
  'a chunk that ends with a line feed': `${SIZE}\r\n${FRAMES}\n${LAST_CHUNK}`,
  'a chunk that is longer': `5\r\n${FRAMES}\r\n${LAST_CHUNK}`,
  'a last chunk with line feeds': `${inChunk(FRAMES)}0\n\n`,
  'a trailer that is folded': `${inChunk(FRAMES)}0\r\nx: y\r\n z\r\n\r\n`,
  'a trailer with a line feed': `${inChunk(FRAMES)}0\r\nx: y\nz: a\r\n\r\n`,
  'a trailer with a NUL': `${inChunk(FRAMES)}0\r\nx: y\0\r\n\r\n`,
  'a trailer with a blank in its name': `${inChunk(FRAMES)}0\r\nx : y\r\n\r\n`,
};

/** None of them means anything behind a body. */
const TRAILERS = [
  ...['x-amz-copy-source: /victim/k', 'authorization: x'],
  ...['host: y', 'x-amz-meta-a: b', 'x-amz-trailer: x-amz-checksum-crc32'],
];

export const BODIES: readonly Attack[] = [
  passed('control: an upload', ({ upload }) => upload([FIVE], 'hello'), 'PUT k 5'),
  passed(
    'control: a request behind an upload',
    ({ upload, hidden }) => upload([FIVE], `hello${hidden}`),
    ...['PUT k 5', 'DELETE hidden 0'],
  ),
  passed('control: frames in chunks', ({ framed }) => framed([CHUNKED], CHUNKS), 'PUT k 5'),
  passed('control: CHUNKED', ({ framed }) => framed([CHUNKED.toUpperCase()], CHUNKS), 'PUT k 5'),

  passed('a request as a body', ({ upload, hidden }) => upload([lengthOf(hidden)], hidden), 'PUT k HIDDEN'),
  refused('a length and a coding', ({ upload, hidden }) => upload([FIVE, CHUNKED], LAST_CHUNK + hidden)),
  refused('a coding and a length', ({ framed, hidden }) => framed([CHUNKED, FIVE], LAST_CHUNK + hidden)),
  refused('two lengths', ({ upload, hidden }) => upload([FIVE, 'Content-Length: 0'], `hello${hidden}`)),
  refused('the same length twice', ({ upload, hidden }) => upload([FIVE, 'content-length: 5'], `hello${hidden}`)),
  refused('a coding twice', ({ framed, hidden }) => framed([CHUNKED, CHUNKED], CHUNKS + hidden)),
  refused('two codings', ({ framed, hidden }) => framed([CHUNKED, 'Transfer-Encoding: identity'], CHUNKS + hidden)),
  refused('no length', ({ upload, hidden }) => upload([CHUNKED], inChunk(hidden) + LAST_CHUNK), 411),
  ...BAD_LENGTHS.map((length) =>
    refused(`a length ${length}`, ({ upload, hidden }) => upload([`Content-Length: ${length}`], `hello${hidden}`)),
  ),
  ...BAD_CODINGS.map((coding) =>
    refused(`a coding ${coding}`, ({ framed, hidden }) => framed([`Transfer-Encoding: ${coding}`], CHUNKS + hidden)),
  ),
  ...BAD_LINES.map((line) => refused(`a line ${line}`, ({ request, hidden }) => request('GET', line) + hidden)),

  ...BAD_SIZES.map((size) =>
    broken(`a chunk of ${size}`, ({ framed, hidden }) =>
      framed([CHUNKED], `${size}\r\n${FRAMES}\r\n${LAST_CHUNK}${hidden}`),
    ),
  ),
  ...Object.entries(BAD_ENDS).map(([name, body]) =>
    broken(name, ({ framed, hidden }) => framed([CHUNKED], body + hidden)),
  ),
  ...TRAILERS.map((line) =>
    passed(
      `a trailer ${line}`,
      ({ framed, hidden }) => framed([CHUNKED, 'Trailer: x'], `${inChunk(FRAMES)}0\r\n${line}\r\n\r\n${hidden}`),
      ...['PUT k 5', 'DELETE hidden 0'],
    ),
  ),

  ...(['GET', 'HEAD', 'DELETE', 'POST'] as const).flatMap((method) => [
    passed(
      `a body of ${method}, which takes none`,
      ({ request, hidden }) => request(method, lengthOf(hidden)) + hidden,
      `${method} k 0`,
    ),
    passed(
      `a body of ${method} in chunks`,
      ({ request, hidden }) => request(method, CHUNKED) + inChunk(hidden) + LAST_CHUNK,
      `${method} k 0`,
    ),
    refused(
      `a body of ${method} that is large`,
      ({ request, hidden }) => request(method, lengthOf(hidden.repeat(120))) + hidden.repeat(120),
    ),
  ]),
  refused('a body of what is refused', ({ foreign, hidden }) => foreign([lengthOf(hidden)], hidden), 403),
  refused('a part of such a body', ({ foreign, hidden }) => foreign(['Content-Length: 9000'], hidden.repeat(3)), 403),
  refused('such a body in chunks', ({ foreign, hidden }) => foreign([CHUNKED], inChunk(hidden) + LAST_CHUNK), 403),
  refused(
    'such a body that is large',
    ({ foreign, hidden }) => foreign([lengthOf(hidden.repeat(250))], hidden.repeat(250)),
    403,
  ),
  refused('frames that are none', ({ framed, hidden }) => framed([lengthOf(hidden)], hidden)),
  refused('frames with a request behind', ({ framed, hidden }) => framed([lengthOf(FRAMES + hidden)], FRAMES + hidden)),
];
