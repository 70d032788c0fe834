/**
 * The keys of a DeleteObjects request. The text is sent on as it came, so it must have one meaning only: this reader takes
 * the plain form that clients write and refuses comments, CDATA, processing instructions and everything unknown.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
import { S3Error } from '../errors.ts';

const KEYS_MAX = 1_000;
/** Of a key as it is written: 1,024 characters, each as `&#x000061;`. */
const KEY_CHARS_MAX = 10_240;

/** In another encoding the same bytes would be other keys. */
const DECLARATION =
  /^\ufeff?\s*(?:<\?xml\s+version=["']1\.0["'](?:\s+encoding=["']utf-8["'])?(?:\s+standalone=["'](?:yes|no)["'])?\s*\?>)?\s*/i;
const TOKEN = /<(\/?)([A-Za-z]+)(\s+xmlns(?::[a-z]+)?="[^"<&]*")*\s*(\/?)>|([^<]+)/y;

/** Elements by their parent; anything else is not a DeleteObjects document. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  '': ['Delete'],
  Delete: ['Object', 'Quiet'],
  Object: ['Key', 'VersionId', 'ETag', 'LastModifiedTime', 'Size'],
};

/** @throws S3Error MalformedXML, KeyTooLongError */
export const parseMultiDelete = (body: Buffer): string[] => {
  const text = body.toString('utf8');
  if (text.includes('\ufffd')) throw malformed();
  const keys: string[] = [];
  const open: string[] = [];
  let content = '';
  let keysOfObject = 0;
  TOKEN.lastIndex = DECLARATION.exec(text)?.[0].length ?? 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) throw malformed();
    const [, closing, name, , selfClosing, characters] = match;
    const parent = open.at(-1) ?? '';
    if (characters !== undefined) {
      if (parent in CHILDREN && characters.trim() !== '') throw malformed();
      content = characters;
      continue;
    }
    if (closing) {
      if (selfClosing || name !== parent) throw malformed();
      open.pop();
      if (name === 'Key') {
        if (content === '') throw malformed();
        keys.push(unescapeXml(content));
        keysOfObject++;
      }
      if (name === 'Object' && keysOfObject !== 1) throw malformed();
      content = '';
      continue;
    }
    if (name === undefined || !CHILDREN[parent]?.includes(name) || (parent === '' && keys.length > 0))
      throw malformed();
    if (name === 'Object') keysOfObject = 0;
    content = '';
    if (selfClosing) {
      if (name === 'Key' || name === 'Object' || name === 'Delete') throw malformed();
    } else open.push(name);
  }
  if (open.length > 0 || keys.length === 0 || keys.length > KEYS_MAX) throw malformed();
  return keys;
};

const malformed = (): S3Error => new S3Error('MalformedXML');

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Looked for alone: a replacement finds all there are, and there may be millions, before it looks at the first. */
const UNKNOWN = /&(?!(?:amp|lt|gt|quot|apos|#x[0-9a-fA-F]{1,6}|#\d{1,7});)/;

function unescapeXml(text: string): string {
  if (text.length > KEY_CHARS_MAX) throw new S3Error('KeyTooLongError');
  if (UNKNOWN.test(text)) throw malformed();
  return text.replace(/&([^;]+);/g, (_all, name: string) => {
    const named = NAMED[name];
    if (named !== undefined) return named;
    const number = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
    const code = number ? Number.parseInt(number[1] ?? (number[2] as string), number[1] ? 16 : 10) : 0;
    if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw malformed();
    return String.fromCodePoint(code);
  });
}
