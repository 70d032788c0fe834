/**
 * XML answers of the store on their way to the client. They are passed on while they come, since a long copy sends blanks
 * until it is done; but what names the store's side in them, owners, hosts and its own words for an error, is replaced.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html on errors in a 200 answer
 */
import { escapeXml, S3_ERRORS, type S3ErrorCode } from '../errors.ts';
import { isCredentialCode } from './response.ts';

export interface AnswerNames {
  /** Stands for the owner of everything that is shown. */
  readonly userId: string;
  /** Of the resource, as the client addressed it. */
  readonly location: string;
}

/** Elements without children, whose text is not the client's own. */
const REPLACED = /<((?:[A-Za-z]\w*:)?(ID|DisplayName|EmailAddress|Location|Code|Message))>([^<]*)<\/\1\s*>/g;
const OPENED = /^<(?:[A-Za-z]\w*:)?(?:ID|DisplayName|EmailAddress|Location|Code|Message)>/;
const PROLOG = /^(?:[ \t\r\n]|\xef\xbb\xbf|<\?xml[^>]*\?>)+/;
const ROOT = /^<(?:[A-Za-z]\w*:)?([A-Za-z]\w*)[\s/>]/;
const HELD_CHARS_MAX = 64 * 1024;

/** Texts are Latin-1 here: one character for each byte. */
const bytesOf = (text: string): string => Buffer.from(text).toString('latin1');

export class DocumentAnswer {
  readonly #userId: string;
  readonly #location: string;
  #state: 'prolog' | 'body' | 'error' = 'prolog';
  #held = '';
  #code = '';
  /** The declaration went out already. */
  hasProlog = false;

  constructor({ userId, location }: AnswerNames) {
    this.#userId = bytesOf(escapeXml(userId));
    this.#location = bytesOf(escapeXml(location));
  }

  /** What the store tells instead of a success; undefined unless it does. As UTF-8 text, complete once all has come. */
  get error(): string | undefined {
    return this.#state === 'error' ? Buffer.from(this.#held, 'latin1').toString('utf8') : undefined;
  }

  /** @returns what can be sent of it. @throws Error for an element that does not end */
  push(chunk: Buffer): Buffer {
    let text = this.#held + chunk.toString('latin1');
    let out = '';
    if (this.#state === 'prolog') {
      out = PROLOG.exec(text)?.[0] ?? '';
      if (out.includes('<')) this.hasProlog = true;
      text = text.slice(out.length);
      const root = ROOT.exec(text)?.[1];
      if (root !== undefined) this.#state = root === 'Error' ? 'error' : 'body';
      else if (text !== '' && !text.startsWith('<')) this.#state = 'body';
    }
    if (this.#state === 'body') {
      const end = completeChars(text);
      out += this.#replace(text.slice(0, end));
      text = text.slice(end);
    }
    if (text.length > HELD_CHARS_MAX) throw new Error('an element of the answer does not end');
    this.#held = text;
    return Buffer.from(out, 'latin1');
  }

  /** The rest, once all has come. */
  end(): Buffer {
    const rest = this.#state === 'error' ? '' : this.#replace(this.#held);
    return Buffer.from(rest, 'latin1');
  }

  #replace(text: string): string {
    return text.replace(REPLACED, (all, tag: string, name: string, content: string) => {
      if (name === 'Code') {
        this.#code = isCredentialCode(content) ? 'InternalError' : content;
        return `<${tag}>${this.#code}</${tag}>`;
      }
      const replacement = name === 'Message' ? this.#message() : name === 'Location' ? this.#location : this.#userId;
      return content === replacement ? all : `<${tag}>${replacement}</${tag}>`;
    });
  }

  /** The store's own may name roles and accounts. */
  #message(): string {
    return S3_ERRORS[this.#code as S3ErrorCode]?.[1] ?? 'The request was refused.';
  }
}

/** How much of the text has no element that is still open and might have to be replaced. */
function completeChars(text: string): number {
  const last = text.lastIndexOf('<');
  if (last < 0) return text.length;
  const tail = text.slice(last);
  if (OPENED.test(tail)) return last;
  if (tail.includes('>')) return text.length;
  // The tag that has begun may be the one that closes it.
  const before = last === 0 ? -1 : text.lastIndexOf('<', last - 1);
  return before >= 0 && OPENED.test(text.slice(before, last)) ? before : last;
}
