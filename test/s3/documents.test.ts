/** Documents have one meaning: UTF-8, and no entities, in whatever encoding these hide. */
import { describe, expect, test } from 'vitest';
import { requirePlainXml } from '#s3/payload/document.ts';
import { parseMultiDelete } from '#s3/payload/multi-delete.ts';

const HIDDEN = [
  '<!DOCTYPE d [<!ENTITY a "x">]><Delete/>',
  '<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd"><Delete/>',
  '<!entity a "x"><Delete/>',
];

const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const utf32le = (text: string): Buffer =>
  Buffer.concat([...text].map((char) => Buffer.from([char.charCodeAt(0), char.charCodeAt(0) >> 8, 0, 0])));
const utf32be = (text: string): Buffer =>
  Buffer.concat([...text].map((char) => Buffer.from([0, 0, char.charCodeAt(0) >> 8, char.charCodeAt(0)])));
const utf7 = (text: string): Buffer =>
  Buffer.from(
    text.replace(
      /[<>!]/g,
      (char) =>
        `+${Buffer.from([0, char.charCodeAt(0)])
          .toString('base64')
          .replace(/=+$/, '')}-`,
    ),
  );
const mark = (...bytes: number[]): Buffer => Buffer.from(bytes);

/** Ways to write a text, with and without a byte order mark. */
const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  'utf-8': (text) => Buffer.from(text),
  'utf-8 with mark': (text) => Buffer.concat([mark(0xef, 0xbb, 0xbf), Buffer.from(text)]),
  'utf-16le': (text) => Buffer.from(text, 'utf16le'),
  'utf-16le with mark': (text) => Buffer.concat([mark(0xff, 0xfe), Buffer.from(text, 'utf16le')]),
  'utf-16be': utf16be,
  'utf-16be with mark': (text) => Buffer.concat([mark(0xfe, 0xff), utf16be(text)]),
  'utf-32le': utf32le,
  'utf-32be with mark': (text) => Buffer.concat([mark(0, 0, 0xfe, 0xff), utf32be(text)]),
  'utf-7': (text) => Buffer.concat([Buffer.from('<?xml version="1.0" encoding="UTF-7"?>'), utf7(text)]),
};

const check = (body: Buffer) => () => requirePlainXml(body);
const malformed = expect.objectContaining({ code: 'MalformedXML' });

describe.each(Object.keys(ENCODINGS))('%s', (name) => {
  const encode = ENCODINGS[name] as (text: string) => Buffer;
  test.each(HIDDEN)('%s', (text) => {
    expect(check(encode(text))).toThrow(malformed);
  });

  test('a plain document passes in UTF-8 only', () => {
    const body = encode('<Delete><Object><Key>\u00e9</Key></Object></Delete>');
    if (name.startsWith('utf-8')) expect(check(body)).not.toThrow();
    else expect(check(body)).toThrow(malformed);
  });
});

test.each(['UTF-16', 'utf-16le', 'ISO-8859-1', 'windows-1252', 'UTF-7', 'IBM037', 'x', ''])(
  'declared as %j: refused',
  (encoding) => {
    for (const quote of ['"', "'"])
      for (const start of ['', '\ufeff', ' \n'])
        expect(check(Buffer.from(`${start}<?xml version="1.0" encoding=${quote}${encoding}${quote}?><D/>`))).toThrow(
          malformed,
        );
  },
);

test.each(['UTF-8', 'utf-8', 'US-ASCII'])('declared as %s: accepted', (encoding) => {
  expect(check(Buffer.from(`<?xml version="1.0" encoding="${encoding}" standalone="yes"?><D/>`))).not.toThrow();
});

test('bytes that are no text are refused', () => {
  for (const bytes of [mark(0x3c, 0x44, 0xff), mark(0xc0, 0xbc), mark(0x3c, 0, 0x44), mark(0xed, 0xa0, 0x80)])
    expect(check(bytes)).toThrow(malformed);
});

describe('keys of a multi-delete', () => {
  const keysIn =
    (...keys: string[]) =>
    () =>
      parseMultiDelete(
        Buffer.from(`<Delete>${keys.map((key) => `<Object><Key>${key}</Key></Object>`).join('')}</Delete>`),
      );

  test.each([
    ['&amp;&lt;&gt;&quot;&apos;', '&<>"\''],
    ['&#97;&#x61;&#x000061;&#x10ffff;', 'aaa\u{10ffff}'],
    ['&amp;amp;', '&amp;'],
    ['a; b', 'a; b'],
  ])('%j is read', (text, key) => expect(keysIn(text)()).toEqual([key]));

  test.each([
    '',
    '&',
    '&;',
    '&amp',
    '&amp &amp;',
    '&x;',
    '&#;',
    '&#0;',
    '&#xd800;',
    '&#x110000;',
    '&#x0000061;',
    '&#a;',
    '&Amp;',
  ])('%j is refused', (text) => expect(keysIn(text)).toThrow(malformed));

  test('none of them costs more than a document that is right', () => {
    const msOf = (read: () => unknown): number => {
      const before = process.cpuUsage();
      expect(read).toThrow();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const bytes = 2 * 1024 * 1024;
    const fill = (text: string): string => text.repeat(bytes / text.length);
    const right = msOf(keysIn(...Array<string>(1_001).fill('&lt;'.repeat(500)), '<'));
    for (const text of ['&', '&;', '&a', '&#', '&amp;', '&#x61;', ';', ' ', 'a'])
      expect([text, Math.round(msOf(keysIn(fill(text))))]).toEqual([
        text,
        expect.toSatisfy((ms) => ms < 3 * right + 30),
      ]);
  });
});
