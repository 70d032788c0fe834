/** Turns what was authorised into the request that goes upstream, signed with the internal credentials. */

import type { Credentials } from '#aws/credential-source.ts';
import {
  ALGORITHM,
  amzDateOf,
  canonicalHeaderValue,
  canonicalRequest,
  hmacHex,
  SigningKeys,
  scopeOf,
  stringToSign,
} from '../auth/sigv4.ts';
import { canonicalQuery, type QueryPair } from '../http/query.ts';
import { encodePath } from '../http/uri.ts';

export interface Outgoing {
  readonly method: string;
  readonly bucket: string;
  readonly key?: string | undefined;
  readonly query: readonly QueryPair[];
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly payloadHash: string;
}

export interface SignerOptions {
  /** Host as it goes on the wire, with a port where it is not the scheme's. */
  readonly host: string;
  /** `virtual` puts the bucket before the host, `path` before the key. */
  readonly style: 'path' | 'virtual';
  /** A path that the endpoint itself has; usually empty. */
  readonly basePath: string;
  readonly region: string;
  readonly now: () => number;
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: string[];
}

/** What every request to the upstream says about itself; not signed, as an intermediary may change it. */
const UNSIGNED_HEADERS = ['accept-encoding', 'identity', 'user-agent', 'eyrie-s3'];

export const createSigner = ({ host, style, basePath, region, now }: SignerOptions) => {
  const keys = new SigningKeys(100);

  return (outgoing: Outgoing, credentials: Credentials): SignedRequest => {
    const { method, bucket, key, payloadHash } = outgoing;
    const encodedKey = key === undefined ? '' : encodePath(key);
    const path =
      style === 'path'
        ? `${basePath}/${bucket}${key === undefined ? '' : `/${encodedKey}`}`
        : `${basePath}/${encodedKey}`;
    const query = canonicalQuery(outgoing.query);
    const amzDate = amzDateOf(now());
    const wireHost = style === 'path' ? host : `${bucket}.${host}`;

    const pairs: [string, string][] = [
      ['host', wireHost],
      ['x-amz-content-sha256', payloadHash],
      ['x-amz-date', amzDate],
    ];
    if (credentials.sessionToken) pairs.push(['x-amz-security-token', credentials.sessionToken]);
    for (const pair of outgoing.headers) pairs.push(pair);
    if (outgoing.headers.size > 0) pairs.sort(byName); // the ones above are in order

    let canonicalHeaders = '';
    let signedHeaders = '';
    const headers: string[] = ['host', wireHost];
    for (const [name, value] of pairs) {
      canonicalHeaders += `${name}:${canonicalHeaderValue(value)}\n`;
      signedHeaders += signedHeaders === '' ? name : `;${name}`;
      if (name !== 'host') headers.push(name, value);
    }
    const date = amzDate.slice(0, 8);
    const scope = scopeOf(date, region);
    const signingKey = keys.find(credentials.accessKeyId, () => credentials.secretAccessKey, date, region);
    const canonical = canonicalRequest({ method, path, query, headers: canonicalHeaders, signedHeaders, payloadHash });
    const signature = hmacHex(signingKey, stringToSign(amzDate, scope, canonical));
    headers.push(
      'authorization',
      `${ALGORITHM} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
      ...UNSIGNED_HEADERS,
    );
    return { method, path: query === '' ? path : `${path}?${query}`, headers };
  };
};

export type Signer = ReturnType<typeof createSigner>;

const byName = ([a]: [string, string], [b]: [string, string]): number => (a < b ? -1 : 1);
