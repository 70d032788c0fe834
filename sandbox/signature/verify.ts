/**
 * Checks the SigV4 signature of a request with Smithy's implementation: it recomputes the signature from the request as
 * it stood on the wire and the secret of the access key, and compares.
 */
import { timingSafeEqual } from 'node:crypto';
import { getSigningKey, SignatureV4 } from '@smithy/signature-v4';
import type { IssuedKey, Keyring } from '../core/keyring.ts';
import { parseQuery, type RawRequest } from '../wire/request.ts';
import type { Claim } from './claim.ts';
import { refusals } from './errors.ts';
import { findClaim } from './read-claim.ts';
import { digest, hmacHex, Sha256 } from './sha256.ts';

export interface Signer {
  readonly claim: Claim;
  readonly key: IssuedKey;
  /** `20261121/us-east-1/s3/aws4_request` */
  readonly scope: string;
  readonly signature: string;
  readonly signingKey: Uint8Array;
}

const SKEW_MS = 15 * 60_000;

/** Opens the steps of Smithy's signer that rebuild a signature from what a request claims. */
class Recomputer extends SignatureV4 {
  constructor(isS3: boolean) {
    // Credentials, region and service come with each request; none of these is used.
    const credentials = { accessKeyId: '-', secretAccessKey: '-' };
    super({ credentials, region: '-', service: '-', sha256: Sha256, uriEscapePath: !isS3, applyChecksum: false });
  }

  async recompute(request: RawRequest, claim: Claim, payloadHash: string, signingKey: Uint8Array) {
    const canonical = this.createCanonicalRequest(
      { ...request, hostname: '', protocol: 'http:', query: queryBag(request.query) },
      claim.signedHeaders,
      payloadHash,
    );
    const text = await this.createStringToSign(claim.longDate, scopeOf(claim), canonical, 'AWS4-HMAC-SHA256');
    return { canonical, signature: hmacHex(signingKey, text) };
  }
}

const scopeOf = ({ shortDate, region, service }: Claim): string => `${shortDate}/${region}/${service}/aws4_request`;

const queryBag = (query: string): Record<string, string[]> => {
  const bag: Record<string, string[]> = Object.create(null);
  for (const [name, value] of parseQuery(query)) {
    if (name === 'X-Amz-Signature') continue;
    bag[name] ??= [];
    bag[name].push(value);
  }
  return bag;
};

const recomputers = { s3: new Recomputer(true), other: new Recomputer(false) };

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

/** S3 signs what the header says about the body, and checks the body against it; the others sign the body's own hash. */
const payloadHashOf = (request: RawRequest, claim: Claim): string => {
  if (claim.service !== 's3') return digest(request.body);
  if (claim.presigned) return claim.payloadHash ?? request.headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD';
  const stated = request.headers['x-amz-content-sha256'];
  if (stated === undefined) throw refusals.missingContentHash();
  return stated;
};

const checkTime = (claim: Claim, now: number): void => {
  if (claim.presigned && (claim.expiresSeconds < 0 || claim.expiresSeconds > 604_800)) throw refusals.expiresTooLong();
  const ahead = claim.signedAt - now;
  const latest = claim.presigned ? claim.expiresSeconds * 1000 : SKEW_MS;
  if (ahead > SKEW_MS || -ahead > latest) throw refusals.skewed(claim, now);
};

const findSigner = (claim: Claim, keyring: Keyring, now: number): IssuedKey => {
  const key = keyring.find(claim.accessKeyId);
  const state = keyring.state(claim.accessKeyId, now);
  if (!key || state === 'unknown' || state === 'inactive' || state === 'pending') throw refusals.unknownKey(claim);
  if (key.sessionToken !== claim.sessionToken) throw refusals.badToken(claim);
  if (state === 'expired') throw refusals.expiredToken(claim);
  return key;
};

const checkBody = (request: RawRequest, claim: Claim, stated: string): void => {
  if (claim.service !== 's3' || !/^[0-9a-f]{64}$/.test(stated)) return;
  const computed = digest(request.body);
  if (computed !== stated) throw refusals.bodyMismatch(stated, computed);
};

/** @throws AwsError as the service itself refuses */
export const verifySignature = async (request: RawRequest, keyring: Keyring, now: number): Promise<Signer> => {
  const claim = findClaim(request);
  const key = findSigner(claim, keyring, now);
  checkTime(claim, now);
  const recomputer = claim.service === 's3' ? recomputers.s3 : recomputers.other;
  const payloadHash = payloadHashOf(request, claim);
  const signingKey = await getSigningKey(Sha256, key, claim.shortDate, claim.region, claim.service);
  const { canonical, signature } = await recomputer.recompute(request, claim, payloadHash, signingKey);
  if (!sameText(signature, claim.signature)) throw refusals.mismatch(claim, canonical);
  checkBody(request, claim, payloadHash);
  return { claim, key, scope: scopeOf(claim), signature, signingKey };
};
