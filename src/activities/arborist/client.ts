/**
 * Arborist's own API, which is open to whatever runs beside it in the cluster. Each call is retried by Temporal.
 * @see https://github.com/uc-cdis/arborist
 */
import { request } from 'undici';
import { type FailureCode, fail } from '#domain/core/failures.ts';

const TIMEOUT_MS = 10_000;
const PROVIDER = 'gen3-workflow';

export interface ArboristAnswer {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
}

export interface ArboristAdmin {
  /** @returns the answer where its status is below 300, or among `expected`. @throws Unavailable, Denied, Invalid */
  call(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    body?: unknown,
    expected?: readonly number[],
  ): Promise<ArboristAnswer>;
}

/** @param url base URL */
export const createArboristAdmin = (url: string): ArboristAdmin => ({
  async call(method, path, body, expected = []) {
    const what = `${method} ${path}`;
    const answer = await send(`${url.replace(/\/$/, '')}${path}`, method, body).catch((error: unknown) => {
      throw fail('Unavailable', `Arborist does not answer ${what}: ${error instanceof Error ? error.message : error}`, {
        outcomeUnknown: method !== 'GET',
      });
    });
    if (answer.status < 300 || expected.includes(answer.status)) return answer;
    throw fail(codeOfStatus(answer.status), `Arborist answered ${what} with ${answer.status}`);
  },
});

const send = async (url: string, method: 'GET' | 'POST' | 'PUT', body: unknown): Promise<ArboristAnswer> => {
  const { statusCode, body: answer } = await request(url, {
    method,
    headers: { 'x-authz-provider': PROVIDER, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await answer.text();
  return { status: statusCode, body: parse(text) };
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const codeOfStatus = (status: number): FailureCode => {
  if (status === 429) return 'Throttled';
  if (status >= 500) return 'Unavailable';
  return status === 401 || status === 403 ? 'Denied' : 'Invalid';
};
