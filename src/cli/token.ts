/** Tokens of the sandbox's issuer, for laptops and tests: it gives anybody any token. */
import { CliError, EXIT } from './exit-codes.ts';

export interface TokenRequest {
  readonly user?: string | undefined;
  /** Default: the user's name. */
  readonly sub?: string | undefined;
  readonly client?: string | undefined;
  readonly operator?: boolean | undefined;
  readonly ttlSeconds?: number | undefined;
}

/** What an operator's token carries; `auth.operators` of the default configuration. */
const OPERATOR_SCOPE = 'eyrie:operator';

/** The name stands in `context.user.name` and, unless another is given, in `sub`; a client's id in `azp`, without `sub`. */
export const claimsOf = ({ user, sub, client, operator }: TokenRequest): Record<string, unknown> => {
  const subject = sub ?? user ?? (operator && client === undefined ? 'operator' : undefined);
  return {
    sub: subject ?? null,
    ...(user !== undefined && { context: { user: { name: user } } }),
    ...(client !== undefined && { azp: client }),
    ...(operator && { scope: OPERATOR_SCOPE }),
  };
};

export const requestToken = async (issuer: string, request: TokenRequest): Promise<string> => {
  const unreachable = (why: string): CliError => new CliError(EXIT.unavailable, `no token from ${issuer}: ${why}`);
  try {
    const discovery = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { token_endpoint } = (await discovery.json()) as { token_endpoint?: string };
    if (!token_endpoint) throw unreachable('it has no token endpoint');
    const answer = await fetch(token_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grant_type: 'client_credentials',
        claims: claimsOf(request),
        ...(request.ttlSeconds !== undefined && { ttl: request.ttlSeconds }),
      }),
    });
    const { access_token } = (await answer.json()) as { access_token?: string };
    if (!access_token) throw unreachable(`it answered ${answer.status}`);
    return access_token;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw unreachable(error instanceof Error ? error.message : String(error));
  }
};
