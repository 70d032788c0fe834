/**
 * The two STS actions that clients need to turn a token into session credentials by themselves. They find this endpoint
 * by AWS_ENDPOINT_URL_STS; AssumeRoleWithWebIdentity is not signed, as in AWS.
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Door } from '../audit.ts';
import { escapeXml, S3Error } from '../errors.ts';
import { Collector } from '../http/collector.ts';
import { UNTRUSTED_CONTENT_HEADERS } from '../http/untrusted-content.ts';
import type { SessionMint } from '../identity/mint.ts';
import type { SessionIdentity } from '../identity/session.ts';
import type { S3Log } from '../options.ts';
import {
  canonicalHeaderValue,
  canonicalRequest,
  deriveSigningKey,
  parseAmzDate,
  scopeOf,
  stringToSign,
} from './sigv4.ts';
import { StsError } from './sts-error.ts';
import { parseForm, type StsForm } from './sts-form.ts';
import { SKEW_MAX_MS, signatureMatches } from './verify.ts';

export interface StsOptions {
  readonly mint: SessionMint;
  readonly sessions: SessionIdentity;
  /** Account that is named in ARNs. Default: zeros. */
  readonly account?: string | undefined;
  readonly now: () => number;
  readonly log?: Pick<S3Log, 'info'>;
  readonly nextRequestId: () => string;
}

export interface StsHandler {
  /** It answers at this path and below. */
  readonly path: string;
  handle(req: IncomingMessage, res: ServerResponse): void;
}

const PATH = '/aws/sts';
const BODY_BYTES_MAX = 64 * 1024;
const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

export const createStsHandler = (options: StsOptions): StsHandler => ({
  path: PATH,
  handle(req, res) {
    const requestId = options.nextRequestId();
    const write = (status: number, xml: string, code?: string): void => {
      options.log?.info({ requestId, method: req.method, path: PATH, route: PATH, status, code }, 'request answered');
      if (res.headersSent || res.destroyed) return;
      const head = [
        'content-type',
        'text/xml',
        'content-length',
        String(Buffer.byteLength(xml)),
        'x-amzn-requestid',
        requestId,
        ...UNTRUSTED_CONTENT_HEADERS,
      ];
      if (!req.complete) head.push('connection', 'close');
      res.writeHead(status, [...head, 'cache-control', 'no-store']).end(xml);
    };
    answer(options, req, requestId).then(
      ({ action, xml }) =>
        write(
          200,
          `<${action}Response xmlns="${NAMESPACE}"><${action}Result>${xml}</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
        ),
      (error: unknown) => {
        const { status, code, message } = stsError(error);
        write(
          status,
          `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
          code,
        );
      },
    );
  },
});

async function answer(
  options: StsOptions,
  req: IncomingMessage,
  requestId: string,
): Promise<{ action: string; xml: string }> {
  const body = await readBody(req);
  const target = req.url ?? '';
  const query = target.includes('?') ? target.slice(target.indexOf('?') + 1) : '';
  const form = parseForm(query, body.toString('latin1'));
  const action = form.get('Action') ?? '';
  const xml =
    action === 'GetCallerIdentity'
      ? await callerIdentity(options, req, body)
      : await assumeRole(options, form, { door: PATH, requestId });
  return { action, xml };
}

async function assumeRole({ mint, account }: StsOptions, form: StsForm, at: Door): Promise<string> {
  const token = form.get('WebIdentityToken') ?? '';
  const name = form.get('RoleSessionName') ?? 'session';
  const seconds = form.get('DurationSeconds');
  if (token === '') throw new StsError(400, 'MissingParameter', 'WebIdentityToken is missing.');
  if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw new StsError(400, 'ValidationError', 'RoleSessionName is not valid.');
  if (seconds !== undefined && !(/^\d{3,5}$/.test(seconds) && Number(seconds) >= 900 && Number(seconds) <= 43_200)) {
    throw new StsError(400, 'ValidationError', 'DurationSeconds must be 900 to 43200.');
  }
  const minted = await mint.mint(token, { ttlSeconds: seconds === undefined ? undefined : Number(seconds) }, at);
  const credentials = `<Credentials><AccessKeyId>${minted.accessKeyId}</AccessKeyId><SecretAccessKey>${minted.secretAccessKey}</SecretAccessKey><SessionToken>${minted.sessionToken}</SessionToken><Expiration>${isoOf(minted.expiration)}</Expiration></Credentials>`;
  const user = `<AssumedRoleUser><AssumedRoleId>${escapeXml(`${minted.userId}:${name}`)}</AssumedRoleId><Arn>${escapeXml(arnOf(account, minted.userId, name))}</Arn></AssumedRoleUser>`;
  return `${credentials}<SubjectFromWebIdentityToken>${escapeXml(minted.userId)}</SubjectFromWebIdentityToken>${user}`;
}

async function callerIdentity(options: StsOptions, req: IncomingMessage, body: Buffer): Promise<string> {
  const { sessions, account } = options;
  const { accessKeyId, sessionToken, check } = parseSigned(options, req, body);
  const principal = await sessions.find(accessKeyId, sessionToken);
  check(sessions.secretOf(accessKeyId));
  const arn = arnOf(account, principal.userId, accessKeyId);
  return `<Arn>${escapeXml(arn)}</Arn><UserId>${escapeXml(`${principal.userId}:${accessKeyId}`)}</UserId><Account>${account ?? NO_ACCOUNT}</Account>`;
}

/** SigV4 for STS: the header form only, over the hash of the body. */
function parseSigned({ now }: StsOptions, req: IncomingMessage, body: Buffer) {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([\w-]{1,64})\/sts\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/.exec(
      req.headers.authorization ?? '',
    );
  const amzDate = String(req.headers['x-amz-date'] ?? '');
  const time = parseAmzDate(amzDate);
  const [, accessKeyId = '', date = '', region = '', signedHeaders = '', signature = ''] = match ?? [];
  const names = signedHeaders.split(';');
  if (
    !match ||
    time === undefined ||
    !names.includes('host') ||
    !names.includes('x-amz-date') ||
    !amzDate.startsWith(date)
  ) {
    throw new StsError(403, 'IncompleteSignature', 'The request is not signed with Signature Version 4.');
  }
  if (Math.abs(now() - time) > SKEW_MAX_MS) throw new StsError(403, 'SignatureDoesNotMatch', 'Signature expired.');
  const target = req.url ?? '';
  const mark = target.indexOf('?');
  const canonical = canonicalRequest({
    method: req.method ?? '',
    path: mark < 0 ? target : target.slice(0, mark),
    query:
      mark < 0
        ? ''
        : target
            .slice(mark + 1)
            .split('&')
            .sort()
            .join('&'),
    headers: names.map((name) => `${name}:${canonicalHeaderValue(String(req.headers[name] ?? ''))}\n`).join(''),
    signedHeaders,
    payloadHash: hash('sha256', body, 'hex'),
  });
  const token = req.headers['x-amz-security-token'];
  return {
    accessKeyId,
    sessionToken: typeof token === 'string' ? token : undefined,
    check(secret: string): void {
      const text = stringToSign(amzDate, scopeOf(date, region, 'sts'), canonical);
      if (signatureMatches(deriveSigningKey(secret, date, region, 'sts'), text, signature)) return;
      throw new StsError(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
    },
  };
}

const NO_ACCOUNT = '000000000000';
const isoOf = (date: Date): string => date.toISOString().replace(/\.\d{3}/, '');
const arnOf = (account: string | undefined, userId: string, session: string): string =>
  `arn:aws:sts::${account ?? NO_ACCOUNT}:assumed-role/${userId}/${session}`;

function readBody(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collected = new Collector(BODY_BYTES_MAX);
    req.on('data', (chunk: Buffer) => {
      if (collected.length + chunk.length <= BODY_BYTES_MAX) collected.add(chunk);
      else reject(new StsError(400, 'RequestEntityTooLarge', 'The request is too large.'));
    });
    req.on('end', () => resolve(collected.take()));
    req.on('error', reject);
  });
}

/** S3's words for what is wrong with a token, in those of STS. */
function stsError(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof StsError) return error;
  if (!(error instanceof S3Error)) return { status: 500, code: 'InternalFailure', message: 'The request failed.' };
  switch (error.code) {
    case 'ExpiredToken':
      return { status: 400, code: 'ExpiredTokenException', message: 'The token has expired.' };
    case 'InvalidAccessKeyId':
    case 'InvalidToken':
      return { status: 400, code: 'InvalidIdentityToken', message: 'The token is not valid here.' };
    case 'ServiceUnavailable':
      return { status: 503, code: 'IDPCommunicationError', message: error.message };
    default:
      return { status: error.status, code: error.code, message: error.message };
  }
}
