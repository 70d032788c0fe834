/** What a caller is told of a TES server's refusals and faults: its words, but none of its addresses. */
import { isObject } from './model.ts';
import { TesProblem } from './problem.ts';

const WORDS_MAX = 500;
const WAIT_SECONDS_MAX = 600;

export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** @param secrets texts that must not come back: they were sent along */
export const problemOfAnswer = (answer: Refusal, secrets: readonly string[] = []): TesProblem => {
  const { status } = answer;
  const words = cleaned(wordsOf(answer.text), secrets);
  const said = words === '' ? '' : `: ${words}`;
  if (status === 429 || status === 503)
    return new TesProblem('Unavailable', `the TES server is busy${said}`, { retryAfter: secondsOf(answer.retryAfter) });
  if (status >= 500) return fault(`answered ${status}${said}`);
  if (status === 400 || status === 413 || status === 422)
    return new TesProblem('Invalid', `the TES server refuses the request${said}`, { status });
  if (status === 404) return new TesProblem('NotFound', 'there is no such task');
  if (status === 409) return new TesProblem('Conflict', `the TES server refuses the request${said}`);
  if (status === 401 || status === 403) return fault(`does not let Eyrie in (${status})`);
  return fault(`answered ${status}`);
};

/** 502: what is wrong is the server's, and trying again at once won't help. */
export const fault = (what: string): TesProblem =>
  new TesProblem('Unavailable', `the TES server ${what}`, { status: 502 });

const secondsOf = (retryAfter: string | undefined): number | undefined => {
  const seconds = Number(retryAfter);
  return Number.isInteger(seconds) && seconds > 0 ? Math.min(seconds, WAIT_SECONDS_MAX) : undefined;
};

const FIELDS = ['error', 'message', 'msg', 'detail', 'title'];

/** Of a JSON error in one of the usual forms; a page of HTML, or anything else, tells nothing. */
const wordsOf = (text: string): string => {
  try {
    const body = JSON.parse(text) as unknown;
    if (!isObject(body)) return '';
    const words = FIELDS.map((field) => body[field]).find((value) => typeof value === 'string');
    return typeof words === 'string' ? words : '';
  } catch {
    return '';
  }
};

/** Before anything is cut off, so that half an address is not left. */
const ADDRESSES: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /\[[0-9a-f.]*:[0-9a-f:.%a-z]*\](:\d+)?/gi,
  /\b\d{1,3}(\.\d{1,3}){3}(:\d+)?(\/\S*)?/g,
  /(?<![\w.])(?:[0-9a-f]{0,4}:){2,}[0-9a-f:.]*/gi,
  /\b[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*:\d{2,5}\b/gi,
  /\b[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.(svc|local|internal|cluster|lan|localdomain|localhost|amazonaws|compute)\b(\.[a-z0-9-]+)*/gi,
  /\blocalhost\b/gi,
];

const cleaned = (text: string, secrets: readonly string[]): string => {
  let words = text;
  for (const secret of secrets) words = words.replaceAll(secret, '…');
  for (const address of ADDRESSES) words = words.replace(address, '…');
  return words.replace(/\s+/g, ' ').trim().slice(0, WORDS_MAX);
};
