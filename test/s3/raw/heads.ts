/** What is a head? Request lines, targets and headers as others than HTTP clients write them. */
import { type Attack, type Kit, last, lengthOf, passed, refused, refusedAlone } from './attack.ts';

/** A GET with another request line. */
const withLine =
  (change: (target: string, kit: Kit) => string) =>
  (kit: Kit): string =>
    kit.request('GET').replace(/^GET (\S+) HTTP\/1\.1/, (_line, target: string) => change(target, kit)) + kit.hidden;

/** Not read as a request at all. */
const BAD_TARGETS: readonly ((target: string, host: string) => string)[] = [
  (_target, host) => host,
  (target) => target.slice(1),
  (target) => `\\${target.slice(1)}`,
  ...['\0', '\x7f', ' x', '\tx', '\rx', '\nx'].map((odd) => (target: string) => target + odd),
];

/** Read, and refused: it is not clear, or not allowed to be meant, what they name. */
const ODD_TARGETS: readonly ((target: string, host: string) => string)[] = [
  (target, host) => `http://${host}${target}`,
  (target, host) => `HTTP://${host}${target}`,
  (target, host) => `https://${host}${target}`,
  (target, host) => `http://user@${host}${target}`,
  (target) => `http://evil${target}`,
  (target) => `file://${target}`,
  (target, host) => `//${host}${target}`,
  () => '*',
  ...['#', '#x', '%', '%0', '%zz', '%00', '%ff', '%c0%af', '%ed%a0%80', '?%', '?a=%00', '?%ff=a'].map(
    (odd) => (target: string) => target + odd,
  ),
];

const BAD_LINES: readonly ((target: string) => string)[] = [
  (target) => `GET\t${target}\tHTTP/1.1`,
  (target) => ` GET ${target} HTTP/1.1`,
  (target) => `GET ${target} `,
  (target) => `GET ${target} HTTP/1.1 x`,
  (target) => `GET ${target} HTTP/1.1\t`,
  (target) => `GET ${target}\tHTTP/1.1`,
  ...['http/1.1', 'HTTP/1.2', 'HTTP/3.0', 'HTTP/1.10', 'HTTP/1', 'HTTP/11', 'HTTP/-1.1', 'ICE/1.0', 'HTTP /1.1'].map(
    (version) => (target: string) => `GET ${target} ${version}`,
  ),
  ...['get', 'G\0ET', 'GET\0', 'GE T', 'G(T', '', 'FOO', '\xc7ET', '"GET"'].map(
    (method) => (target: string) => `${method} ${target} HTTP/1.1`,
  ),
];

export const HEADS: readonly Attack[] = [
  passed('control: a request', ({ request }) => request('GET'), 'GET k 0'),
  passed('control: an empty line before it', ({ request }) => `\r\n${request('GET')}`, 'GET k 0'),
  passed('control: a head of 30 kB', ({ request }) => request('GET', `x-a: ${'x'.repeat(30_000)}`), 'GET k 0'),
  passed('control: values of any byte', ({ request }) => request('GET', 'x-a: \x80\xff \t!'), 'GET k 0'),

  ...BAD_TARGETS.map((change, nth) =>
    refused(
      `target ${nth}: ${change('/k', 'host:1')}`,
      withLine((target, { host }) => `GET ${change(target, host)} HTTP/1.1`),
    ),
  ),
  ...ODD_TARGETS.map((change, nth) =>
    refusedAlone(
      `odd target ${nth}: ${change('/k', 'host:1')}`,
      withLine((target, { host }) => `GET ${change(target, host)} HTTP/1.1`),
    ),
  ),
  // Parsers are kind to blanks, and all of them alike; what is signed is the target alone.
  ...['GET  TARGET HTTP/1.1', 'GET TARGET  HTTP/1.1'].map((line) =>
    passed(
      line,
      withLine((target) => line.replace('TARGET', target)),
      'GET k 0',
      'DELETE hidden 0',
    ),
  ),
  // Nobody speaks them. What is read as one is answered, and the last of its connection.
  ...['', ' HTTP/0.9', ' HTTP/2.0', ' RTSP/1.0'].map((version) =>
    last(
      `a version ${version}`,
      withLine((target) => `GET ${target}${version}`),
      'GET k 0',
    ),
  ),
  ...BAD_LINES.map((change, nth) => refused(`line ${nth}: ${change('/k')}`, withLine(change))),

  refusedAlone(
    'another method than was signed',
    (kit) => kit.request('GET').replace(/^GET/, 'DELETE') + kit.hidden,
    403,
  ),
  refusedAlone('OPTIONS *', ({ host, hidden }) => `OPTIONS * HTTP/1.1\r\nhost: ${host}\r\n\r\n${hidden}`),
  refused('the preface of HTTP/2', ({ hidden }) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`),
  refused('a line of a proxy before it', ({ request }) => `PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n${request('GET')}`),
  refused('bytes of TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
  refused('line feeds alone', ({ request, hidden }) => request('GET').replaceAll('\r\n', '\n') + hidden),
  refused(
    'a line feed before the end of the head',
    ({ request, hidden }) => request('GET').replace(/\r\n$/, '\n') + hidden,
  ),
  refused('carriage returns alone', ({ request, hidden }) => request('GET').replaceAll('\r\n', '\r') + hidden),
  refused('a line without a colon', ({ request, hidden }) => request('GET', 'x') + hidden),
  refused('a header without a name', ({ request, hidden }) => request('GET', ': x') + hidden),
  refusedAlone('two hosts', ({ request, hidden }) => request('GET', 'Host: x') + hidden),
  refusedAlone('two authorizations', ({ request, hidden }) => request('GET', 'Authorization: x') + hidden),
  refusedAlone(
    'a second x-amz header',
    ({ request, hidden }) => request('GET', 'X-Amz-Date: 20200101T000000Z') + hidden,
  ),
  refused('a head without an end', ({ request, hidden }) => request('GET', `x-a: ${'x'.repeat(70_000)}`) + hidden),
  refused('a head of many lines', ({ request, hidden }) => request('GET', ...Array(9_000).fill('x-a: b')) + hidden),
  refused(
    'a target of 70 kB',
    withLine((target) => `GET ${target}?x=${'x'.repeat(70_000)} HTTP/1.1`),
  ),
  refused(
    'more headers than are read, the coding last',
    ({ request, hidden }) =>
      `${request('GET', ...Array(3_000).fill('a:'), 'Transfer-Encoding: chunked')}5\r\nhello\r\n0\r\n\r\n${hidden}`,
  ),
  refused(
    'more headers than are read, the length last',
    ({ request, hidden }) => request('GET', ...Array(3_000).fill('a:'), lengthOf(hidden)) + hidden,
  ),
];
