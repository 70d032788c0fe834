import type { VerifyToken } from '#identity/verify-token.ts';
import { userOf } from '../authenticate.ts';

/** `context.user.name` of a token; undefined where it has none, or is not good. */
export const createUsernameOf =
  (verify: VerifyToken) =>
  async (bearer: string): Promise<string | undefined> => {
    const verdict = await verify(bearer);
    return verdict.ok ? userOf(verdict.claims) : undefined;
  };
