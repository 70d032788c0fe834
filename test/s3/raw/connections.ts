/** What is a connection? Expectations, upgrades, old versions, pipelines, and clients that go away. */
import {
  type Attack,
  CHUNKED,
  FRAMES,
  inChunk,
  LAST_CHUNK,
  last,
  lengthOf,
  passed,
  refused,
  refusedAlone,
} from './attack.ts';

const FIVE = 'Content-Length: 5';
const old = (request: string): string => request.replace(' HTTP/1.1\r\n', ' HTTP/1.0\r\n');

export const CONNECTIONS: readonly Attack[] = [
  passed(
    'a pipeline',
    ({ request, upload }) => request('GET') + request('HEAD') + upload([FIVE], 'hello') + request('DELETE'),
    ...['GET k 0', 'HEAD k 0', 'PUT k 5', 'DELETE k 0'],
  ),
  passed('forty at once', ({ request }) => request('GET').repeat(40), ...Array<string>(40).fill('GET k 0')),
  {
    ...passed(
      'a refusal in a pipeline',
      ({ request, foreign }) => request('GET') + foreign(['Content-Length: 0'], '') + request('HEAD'),
    ),
    answers: [200, 403, 200],
    upstream: ['GET k 0', 'HEAD k 0'],
    isHead: (nth) => nth === 2,
  },
  {
    ...refused(
      'a refused body in a pipeline',
      ({ request, foreign, hidden }) => request('GET') + foreign([FIVE], `hello${hidden}`),
    ),
    answers: [200, 403],
    upstream: ['GET k 0'],
  },

  last('Connection: close', ({ request, hidden }) => request('GET', 'Connection: close') + hidden, 'GET k 0'),
  last('Connection: Close, x', ({ request, hidden }) => request('GET', 'Connection: x, Close') + hidden, 'GET k 0'),
  last(
    'close, behind an upload',
    ({ upload, hidden }) => upload([FIVE, 'Connection: close'], `hello${hidden}`),
    'PUT k 5',
  ),
  refusedAlone(
    'a connection that drops the signature',
    ({ request, hidden }) => request('GET', 'Connection: authorization') + hidden,
  ),
  refused('a connection that drops the length', ({ upload, hidden }) =>
    upload([FIVE, 'Connection: content-length'], `hello${hidden}`),
  ),
  last('HTTP/1.0', ({ request, hidden }) => old(request('GET')) + hidden, 'GET k 0'),
  last('HTTP/1.0 with an upload', ({ upload, hidden }) => old(upload([FIVE], 'hello')) + hidden, 'PUT k 5'),
  last(
    'HTTP/1.0 with a coding',
    ({ framed, hidden }) => old(framed([CHUNKED], inChunk(FRAMES) + LAST_CHUNK)) + hidden,
    'PUT k 5',
  ),

  // An offer that nobody takes.
  ...['h2c', 'websocket', 'TLS/1.0', 'HTTP/2.0'].flatMap((protocol) => {
    const offer = ['Connection: Upgrade, close', `Upgrade: ${protocol}`];
    return [
      last(`an upgrade to ${protocol}`, ({ request, hidden }) => request('GET', ...offer) + hidden, 'GET k 0'),
      last(
        `an upload that offers ${protocol}`,
        ({ upload, hidden }) => upload([lengthOf(hidden), ...offer], hidden),
        'PUT k HIDDEN',
      ),
    ];
  }),

  {
    ...passed(
      'an upload that asks first, and does not wait',
      ({ upload }) => upload(['Expect: 100-continue', FIVE], 'hello'),
      'PUT k 5',
    ),
    answers: [100, 200],
  },
  {
    ...passed('100-Continue', ({ upload }) => upload(['Expect: 100-Continue', FIVE], 'hello'), 'PUT k 5'),
    answers: [100, 200],
  },
  refused(
    'one that is refused, and sends its body',
    ({ foreign, hidden }) => foreign(['Expect: 100-continue', lengthOf(hidden)], hidden),
    403,
  ),
  refused(
    'one that is refused, and sends a request instead',
    ({ foreign, hidden }) => foreign(['Expect: 100-continue', 'Content-Length: 1000000'], hidden),
    403,
  ),
  refused('another expectation', ({ upload, hidden }) => upload(['Expect: x', lengthOf(hidden)], hidden), 417),
  {
    ...passed('two expectations', ({ upload }) => upload(['Expect: 100-continue, x', FIVE], 'hello'), 'PUT k 5'),
    answers: [100, 200],
  },
  {
    ...passed(
      'an expectation about no body',
      ({ request, hidden }) => request('GET', 'Expect: 100-continue') + hidden,
      'GET k 0',
      'DELETE hidden 0',
    ),
    answers: [100, 200, 200],
  },
  passed(
    'an empty expectation',
    ({ upload, hidden }) => upload(['Expect:', FIVE], `hello${hidden}`),
    'PUT k 5',
    'DELETE hidden 0',
  ),

  ...['half-close', 'reset'].flatMap((ends) =>
    Object.entries<Attack['bytes']>({
      'in the request line': () => 'GET /s',
      'in a head': ({ request }) => request('GET').slice(0, -2),
      'in a body': ({ upload }) => upload(['Content-Length: 6'], 'hello'),
      'in a large body': ({ upload }) => upload(['Content-Length: 300000'], 'x'.repeat(200_000)),
      'in a chunk': ({ framed }) => framed([CHUNKED], `f\r\n5\r\nhello`),
      'before the last chunk': ({ framed }) => framed([CHUNKED], inChunk(FRAMES)),
      'in a frame': ({ framed }) => framed(['Content-Length: 15'], '5\r\nhel'),
    }).map(
      ([name, bytes]): Attack => ({
        ...refused(`${ends} ${name}`, bytes),
        // A head that ends in the middle is refused to whoever still listens.
        answers:
          ends === 'half-close' && !name.includes('body') && !name.includes('chunk') && !name.includes('frame')
            ? [400]
            : [],
        ends: ends as 'half-close' | 'reset',
      }),
    ),
  ),
];
