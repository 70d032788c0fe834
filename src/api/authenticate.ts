/** Bearer tokens of the JSON API: who a verified token stands for. */
import type { AuthSettings } from '#config/schema.ts';
import { type TokenClaims, type VerifyToken, wordsOf } from '#identity/verify-token.ts';
import type { Principal } from './principal.ts';
import { ApiProblem } from './problems.ts';
import { unauthorised } from './unauthorised.ts';

export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

const NAME_LENGTH_MAX = 256;

export interface CallerSettings extends Pick<AuthSettings, 'operators' | 'serviceClients'> {
  /** Clients that deal with compute environments. Default: none. */
  readonly computeClients?: readonly string[];
}

/** @param verify the verifier that all doors share. */
export const createAuthenticate =
  (settings: CallerSettings, verify: VerifyToken): Authenticate =>
  async (authorization) =>
    principalOf((await believe(authorization, verify)).claims, settings);

/** The bearer token of a request, and what it says. @throws Denied with 401; Unavailable */
export const believe = async (
  authorization: string | undefined,
  verify: VerifyToken,
): Promise<{ token: string; claims: TokenClaims }> => {
  const token = /^Bearer +([\w.~+/=-]+)$/i.exec(authorization ?? '')?.[1];
  if (!token) throw unauthorised('a bearer token is needed');
  const verdict = await verify(token);
  if (verdict.ok) return { token, claims: verdict.claims };
  switch (verdict.reason) {
    case 'expired':
      throw unauthorised('the token has expired');
    case 'invalid':
      throw unauthorised('the token is not valid');
    case 'unavailable':
      throw new ApiProblem('Unavailable', "the issuer's keys can't be read");
  }
};

/**
 * An operator by the configured claim; a user by `context.user.name`; a service by `azp`, where it is listed and the
 * token stands for nobody (no `sub`).
 */
export const principalOf = (
  claims: TokenClaims,
  { operators, serviceClients, computeClients = [] }: CallerSettings,
): Principal => {
  const user = userOf(claims);
  const { azp: client, sub } = claims;
  if (wordsOf(claims[operators.claim]).includes(operators.value)) {
    return { kind: 'operator', name: user ?? sub ?? client ?? 'operator' };
  }
  if (user !== undefined) return { kind: 'user', name: user, ...(sub !== undefined && { sub }) };
  if (client !== undefined && sub === undefined) {
    if (serviceClients.includes(client)) return { kind: 'service', name: client };
    if (computeClients.includes(client)) return { kind: 'service', name: client, only: 'compute' };
  }
  throw unauthorised('the token names neither a user nor a known client');
};

/** `context.user.name`. */
export const userOf = ({ context }: TokenClaims): string | undefined => {
  const name = (context as { user?: { name?: unknown } } | null | undefined)?.user?.name;
  return typeof name === 'string' && name !== '' && name.length <= NAME_LENGTH_MAX ? name : undefined;
};
