/** XML answers in pieces of any size: what names the store's side is replaced, everything else stays byte for byte. */
import { describe, expect, test } from 'vitest';
import { DocumentAnswer } from '#s3/http/document-answer.ts';
import { createRandom } from './support/random.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const NAMES = { userId: 'ü<1>', location: 'https://s3.example.org/s3/b/k?a&b' };

function answer(cuts: readonly Buffer[]): { text: string; error: string | undefined } {
  const document = new DocumentAnswer(NAMES);
  const out = cuts.map((piece) => document.push(piece));
  out.push(document.end());
  return { text: Buffer.concat(out).toString('utf8'), error: document.error };
}

const LIST = (id: string, location: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Contents><Key>é 不 &lt;ID&gt;x&lt;/ID&gt;</Key><Owner><ID>${id}</ID><DisplayName>${id}</DisplayName></Owner><Initiator><ns:ID>${id}</ns:ID></Initiator></Contents><Location>${location}</Location><Deleted><Key>ID</Key></Deleted><Empty/></ListBucketResult>`;

test.each([1, 2, 3, 7, 64, 1_000_000])('in pieces of %i bytes', (size) => {
  const bytes = Buffer.from(LIST('arn:aws:iam::123456789012:user/internal', 'http://store.internal:9000/b/k'));
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
  expect(answer(pieces).text).toBe(LIST('ü&lt;1&gt;', 'https://s3.example.org/s3/b/k?a&amp;b'));
});

test(`property: the pieces make no difference (seed ${SEED})`, () => {
  const random = createRandom(SEED);
  const TOKENS = [
    '<ID>',
    '</ID>',
    '<Key>',
    '</Key>',
    '<',
    '>',
    '</',
    'store.internal',
    'a',
    '<Location>',
    '</Location>',
    ' ',
    '<A/>',
    '<Message>',
    '</Message>',
    '<Code>AccessDenied</Code>',
    '<ID>secret</ID>',
    '<Message>secret</Message>',
  ];
  for (let i = 0; i < 20_000; i++) {
    const body = Array.from({ length: random.below(12) }, () => TOKENS[random.below(TOKENS.length)]).join('');
    const bytes = Buffer.from(`<Root>${body}</Root>`);
    const whole = answer([bytes]).text;
    expect(answer(random.split(bytes)).text, `seed ${SEED}, case ${i}: ${bytes}`).toBe(whole);
    expect(whole, `case ${i}`).not.toMatch(/<(ID|Message)>secret<\/\1>/);
  }
});

describe('an error after all', () => {
  const ERROR = '<Error><Code>InternalError</Code><Message>at store.internal</Message></Error>';
  test.each(['', '<?xml version="1.0"?>', ' \n \n', '<?xml version="1.0"?>\n     '])('behind %j', (start) => {
    for (const pieces of [[`${start}${ERROR}`], [start, ERROR], [...`${start}${ERROR}`]]) {
      const { text, error } = answer(pieces.map((piece) => Buffer.from(piece)));
      expect([text, error]).toEqual([start, ERROR]);
    }
  });

  test('blanks go on at once, a success is none', () => {
    const document = new DocumentAnswer(NAMES);
    expect(document.push(Buffer.from('<?xml version="1.0"?>\n')).length).toBe(22);
    expect(document.push(Buffer.from('   ')).toString()).toBe('   ');
    expect(document.push(Buffer.from('<CopyObjectResult><ETag>"x"</ETag>')).length).toBeGreaterThan(0);
    expect(document.error).toBeUndefined();
  });
});

test('an element without an end is not collected for ever', () => {
  const document = new DocumentAnswer(NAMES);
  expect(() => {
    for (let i = 0; i < 100; i++) document.push(Buffer.from(i === 0 ? '<R><ID>' : 'x'.repeat(1_000)));
  }).toThrow('does not end');
});
