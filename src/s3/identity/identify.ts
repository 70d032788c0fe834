/** From a received signature to a principal. There is one way in, for headers and presigned URLs alike. */

import type { HmacKey } from '../auth/hmac.ts';
import type { Authorization } from '../auth/signature-fields.ts';
import { SigningKeys } from '../auth/sigv4.ts';
import { likelyStringToSign, type PublicNames, signatureMatches, unlikelyStringsToSign } from '../auth/verify.ts';
import { S3Error } from '../errors.ts';
import type { S3Request } from '../http/request.ts';
import type { S3Mode } from '../options.ts';
import type { Principal } from './principal.ts';
import type { SessionIdentity } from './session.ts';
import { isSessionKeyId } from './session-keys.ts';
import type { TokenIdentity } from './token.ts';

/** `session`: proof that the client has the secret. `constant`: the text is unchanged, no proof. `none`: a bare bearer. */
export type Verification = 'session' | 'constant' | 'none';

export interface Identity {
  readonly principal: Principal;
  readonly verification: Verification;
  /** Signs the chunks of the body; undefined when the secret is not known. */
  readonly chunkKey: HmacKey | undefined;
}

export interface IdentifyOptions {
  readonly mode: S3Mode;
  readonly tokens: TokenIdentity;
  readonly sessions: SessionIdentity;
  readonly constants: readonly string[];
  readonly publicNames: PublicNames;
}

export type Identify = (request: S3Request, authorization: Authorization) => Identity | Promise<Identity>;

export const createIdentify = ({ mode, tokens, sessions, constants, publicNames }: IdentifyOptions): Identify => {
  const keys = new SigningKeys();

  /** Tried one after the other; nearly always the first fits, so the others are not even derived. */
  const secrets = constants.map((secret) => () => secret);
  function constantKey(index: number, { date, region }: Authorization): HmacKey {
    return keys.find(`constant ${index}`, secrets[index] as () => string, date, region);
  }

  function matchingConstant(request: S3Request, authorization: Authorization): HmacKey | undefined {
    const matching = (text: string): HmacKey | undefined => {
      for (let index = 0; index < constants.length; index++) {
        const key = constantKey(index, authorization);
        if (signatureMatches(key, text, authorization.signature)) return key;
      }
      return undefined;
    };
    const found = matching(likelyStringToSign(request, authorization));
    if (found) return found;
    for (const text of unlikelyStringsToSign(request, authorization, publicNames)) {
      const key = matching(text);
      if (key) return key;
    }
    return undefined;
  }

  function ofSession(principal: Principal, request: S3Request, authorization: Authorization): Identity {
    const { date, region } = authorization;
    const { accessKeyId } = sessionKeyOf(authorization);
    const key = keys.find(accessKeyId, () => sessions.secretOf(accessKeyId), date, region);
    const identity: Identity = { principal, verification: 'session', chunkKey: key };
    if (signatureMatches(key, likelyStringToSign(request, authorization), authorization.signature)) return identity;
    for (const text of unlikelyStringsToSign(request, authorization, publicNames)) {
      if (signatureMatches(key, text, authorization.signature)) return identity;
    }
    throw mismatch(request);
  }

  function ofToken(principal: Principal, request: S3Request, authorization: Authorization): Identity {
    const key = matchingConstant(request, authorization);
    if (key) return { principal, verification: 'constant', chunkKey: key };
    if (mode === 'constant') throw mismatch(request);
    return { principal, verification: 'none', chunkKey: undefined };
  }

  return (request, authorization) => {
    const { accessKeyId, expires } = authorization;
    if (isSessionKeyId(accessKeyId)) {
      const session = sessionKeyOf(authorization);
      const found = sessions.find(session.accessKeyId, session.sessionToken);
      return found instanceof Promise
        ? found.then((principal) => ofSession(principal, request, authorization))
        : ofSession(found, request, authorization);
    }
    if (mode === 'session')
      throw new S3Error('InvalidAccessKeyId', 'Tokens are not accepted here: use session credentials.');
    // Whoever sees such a URL has the token in it, and the secret is public.
    if (expires !== undefined) throw new S3Error('AccessDenied', 'Presigned URLs need session credentials.');
    const found = tokens.find(accessKeyId, authorization.scope);
    return found instanceof Promise
      ? found.then((principal) => ofToken(principal, request, authorization))
      : ofToken(found, request, authorization);
  };
};

/** `<key id>.<session token>` is a key id for clients that have no place for a token. */
const sessionKeyOf = ({ accessKeyId, sessionToken }: Authorization) => {
  const dot = accessKeyId.indexOf('.');
  return dot < 0
    ? { accessKeyId, sessionToken }
    : { accessKeyId: accessKeyId.slice(0, dot), sessionToken: accessKeyId.slice(dot + 1) };
};

/** Names the path that was seen: a rewritten prefix is the usual cause, and the client knows its own path. */
const mismatch = (request: S3Request): S3Error =>
  new S3Error('SignatureDoesNotMatch', undefined, { CanonicalPath: request.path });
