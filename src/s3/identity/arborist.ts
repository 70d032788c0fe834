/** Gen3's policy engine, asked with the user's own token; and the cache that keeps it off the data path. */
import { LRUCache } from 'lru-cache';
import { request } from 'undici';
import { S3Error } from '../errors.ts';
import type { Principal, Right } from './principal.ts';

/** One question: may the bearer of the token do this? Throws when there is no answer. */
export interface Arborist {
  isAllowed(question: { readonly token: string; readonly method: Right; readonly resource: string }): Promise<boolean>;
}

const SERVICE = 'gen3-workflow';
const ALLOWED_TTL_MS = 30_000;
const DENIED_TTL_MS = 5_000;
const TIMEOUT_MS = 5_000;

/** The resource that stands for a user's storage. */
export const storageResource = (userId: string): string => `/services/workflow/gen3-workflow/storage/${userId}`;

/** `POST /auth/request` of Arborist. @param url base URL. */
export const createArborist = (url: string, { timeoutMs = TIMEOUT_MS } = {}): Arborist => ({
  async isAllowed({ token, method, resource }) {
    const { statusCode, body } = await request(`${url.replace(/\/$/, '')}/auth/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-authz-provider': SERVICE },
      body: JSON.stringify({ user: { token }, requests: [{ resource, action: { service: SERVICE, method } }] }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (statusCode >= 300) {
      await body.dump();
      if (statusCode >= 500 || statusCode === 429) throw new Error(`Arborist answered ${statusCode}`);
      return false;
    }
    const { auth } = (await body.json()) as { auth?: boolean };
    return auth === true;
  },
});

export interface Decisions {
  /** Synchronous when known. @throws S3Error AccessDenied, ServiceUnavailable */
  check(principal: Principal, right: Right, token: string): void | Promise<void>;
}

export const createDecisions = (arborist: Arborist, now: () => number): Decisions => {
  const known = new LRUCache<string, boolean>({ max: 50_000 });
  const running = new Map<string, Promise<boolean>>();

  function ask(cacheKey: string, principal: Principal, method: Right, token: string): Promise<boolean> {
    const asked = arborist
      .isAllowed({ token, method, resource: storageResource(principal.userId) })
      .then((allowed) => {
        const ttl = Math.min(allowed ? ALLOWED_TTL_MS : DENIED_TTL_MS, principal.expiresAt - now());
        if (ttl > 0) known.set(cacheKey, allowed, { ttl: Math.ceil(ttl) });
        return allowed;
      })
      .catch(() => {
        throw new S3Error('ServiceUnavailable', 'Rights cannot be checked at the moment.');
      })
      .finally(() => running.delete(cacheKey));
    running.set(cacheKey, asked);
    return asked;
  }

  return {
    check(principal, right, token) {
      const cacheKey = `${right} ${principal.cacheKey}`;
      const decision = known.get(cacheKey);
      if (decision === true) return undefined;
      if (decision === false) throw new S3Error('AccessDenied');
      const asked = running.get(cacheKey) ?? ask(cacheKey, principal, right, token);
      return asked.then((allowed) => {
        if (!allowed) throw new S3Error('AccessDenied');
      });
    },
  };
};
