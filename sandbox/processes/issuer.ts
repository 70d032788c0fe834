/**
 * An OIDC issuer for laptops and tests. Anybody who can reach it gets any token: POST to its token endpoint
 *
 *     {"grant_type": "client_credentials", "claims": {"sub": "alice"}, "ttl": 60}
 *
 * as JSON, or the same fields as a form with `claims` as JSON text. `claims` are merged into the token (null removes a
 * claim), `ttl` is its life in seconds (default 3600; negative: expired already). The answer has `access_token`.
 * A client that authenticates as OAuth has it (HTTP Basic, any secret) is named in `azp`.
 * Discovery and keys are where OIDC says: /.well-known/openid-configuration and the `jwks_uri` named there.
 */
import { OAuth2Server } from 'oauth2-mock-server';

export interface Issuer {
  /** http://127.0.0.1:PORT (https with a certificate), exactly as in `iss`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

const ALGORITHM = 'RS256';

const parseClaims = (claims: unknown): Record<string, unknown> => {
  if (claims === undefined) return {};
  const parsed: unknown = typeof claims === 'string' ? JSON.parse(claims) : claims;
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
};

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const clientOf = (authorization = ''): string | undefined => {
  const [, pair] = /^Basic (\S+)$/i.exec(authorization) ?? [];
  const id = pair === undefined ? '' : (Buffer.from(pair, 'base64').toString().split(':')[0] ?? '');
  return id === '' ? undefined : decodeURIComponent(id);
};

/** One key for the whole life of the process, so that a token stays valid as long as the issuer runs. */
export const startIssuer = async (port: number, tls?: TlsFiles): Promise<Issuer> => {
  const server = new OAuth2Server(tls?.key, tls?.cert);
  await server.issuer.keys.generate(ALGORITHM);
  server.service.on('beforeTokenSigning', ({ payload }, request) => {
    const { claims, ttl } = request.body as { claims?: unknown; ttl?: unknown };
    if (ttl !== undefined) payload.exp = payload.iat + Number(ttl);
    const client = clientOf(request.headers.authorization);
    if (client !== undefined) payload.azp = client;
    for (const [name, value] of Object.entries(parseClaims(claims))) {
      if (value === null) delete payload[name];
      else payload[name] = value;
    }
  });
  server.service.on('beforeResponse', ({ body }, request) => {
    const { ttl } = request.body as { ttl?: unknown };
    if (ttl !== undefined && typeof body === 'object') body.expires_in = Number(ttl);
  });
  await server.start(port, '127.0.0.1');
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  server.issuer.url = url;
  return { url, stop: () => server.stop() };
};
