/** What Arborist says of a user: one call for everything that they may do. */
import { request } from 'undici';
import type { AskMapping, RightsByPath } from './access.ts';
import { isObject } from './model.ts';
import { TesProblem } from './problem.ts';

const ASK_MS = 5_000;

/** @param url base URL of Arborist. @see https://github.com/uc-cdis/arborist */
export const createAskMapping =
  (url: string): AskMapping =>
  async ({ userName, bearer }) => {
    if (userName === undefined) return {};
    try {
      const { statusCode, body } = await request(`${url.replace(/\/$/, '')}/auth/mapping`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-authz-provider': 'gen3-workflow',
          authorization: `bearer ${bearer}`,
        },
        body: JSON.stringify({ username: userName }),
        signal: AbortSignal.timeout(ASK_MS),
      });
      if (statusCode >= 500 || statusCode === 429) {
        await body.dump();
        throw new Error(`Arborist answers ${statusCode}`);
      }
      const mapping = statusCode < 300 ? ((await body.json()) as unknown) : await body.dump();
      return isObject(mapping) ? soundOnly(mapping) : {};
    } catch {
      throw new TesProblem('Unavailable', 'rights cannot be checked at the moment');
    }
  };

/** What is not understood allows nothing. */
const soundOnly = (mapping: Readonly<Record<string, unknown>>): RightsByPath =>
  Object.fromEntries(
    Object.entries(mapping).map(([path, rights]) => [
      path,
      (Array.isArray(rights) ? (rights as unknown[]) : []).flatMap((right) =>
        isObject(right) && typeof right.service === 'string' && typeof right.method === 'string'
          ? [{ service: right.service, method: right.method }]
          : [],
      ),
    ]),
  );
