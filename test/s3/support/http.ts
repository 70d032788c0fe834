/** Raw HTTP and signed S3 requests, by an independent signer, with every byte of the target under control. */
import { createHash } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  readonly text: string;
  /** Code of the error document, empty without one. */
  readonly code: string;
}

export interface RawCall {
  readonly method: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly target: string;
  /** Flat list, sent in this order; Host is not added. */
  readonly headers: string[];
  readonly body?: Buffer | undefined;
}

export const send = ({ method, origin, target, headers, body }: RawCall): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port, protocol } = new URL(origin);
    const options = {
      method,
      host: hostname,
      port,
      path: target,
      headers,
      agent: false as const,
      rejectUnauthorized: false,
    };
    const req = (protocol === 'https:' ? tlsRequest : request)(options, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', reject);
      res.on('end', () => {
        const whole = Buffer.concat(chunks);
        const text = whole.toString('utf8');
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          rawHeaders: res.rawHeaders,
          body: whole,
          text,
          code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? '',
        });
      });
    });
    req.on('error', reject);
    req.end(body);
  });

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface S3Call {
  /** With a path for `/s3`. */
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly method?: string;
  /** Encoded, below the endpoint: `/bucket/key`. */
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  /** Value of `x-amz-content-sha256`; default: of the body. Null leaves it out. */
  readonly hash?: string | null;
  readonly region?: string;
  readonly date?: Date;
  /** Sent but not signed. */
  readonly unsigned?: Record<string, string>;
  /** Changes the signed request before it is sent. */
  readonly tamper?: (call: {
    method: string;
    target: string;
    headers: Record<string, string>;
    body: Buffer | undefined;
  }) => void;
}

const sha256 = (body: Buffer | string): string => createHash('sha256').update(body).digest('hex');

const queryString = (query: Record<string, string>): string =>
  Object.entries(query)
    .map(([name, value]) => `${encode(name)}${value === '' ? '' : `=${encode(value)}`}`)
    .join('&');

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signed by the maintained library, which shares no code with the proxy. */
export const signS3 = async (
  call: S3Call,
): Promise<{
  method: string;
  origin: string;
  target: string;
  headers: Record<string, string>;
  body: Buffer | undefined;
}> => {
  const { endpoint, credentials, method = 'GET', path, query = {}, headers = {}, region = 'us-east-1', date } = call;
  const { origin, host, pathname } = new URL(endpoint);
  const body = call.body === undefined ? undefined : Buffer.from(call.body as string);
  const hash = call.hash === undefined ? sha256(body ?? '') : call.hash;
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const fullPath = (pathname === '/' ? '' : pathname) + path;
  const request = new HttpRequest({
    method,
    hostname: host,
    path: fullPath,
    query,
    headers: {
      host,
      ...(hash !== null && { 'x-amz-content-sha256': hash }),
      ...(body !== undefined && { 'content-length': String(body.length) }),
      ...headers,
    },
  });
  const signed = await signer.sign(request, { ...(date && { signingDate: date }) });
  const text = queryString(query);
  return {
    method,
    origin,
    target: text === '' ? fullPath : `${fullPath}?${text}`,
    headers: { ...signed.headers },
    body,
  };
};

export const s3 = async (call: S3Call): Promise<Answer> => {
  const signed = await signS3(call);
  call.tamper?.(signed);
  const headers = Object.entries({ ...signed.headers, ...call.unsigned }).flat();
  return send({ ...signed, headers });
};

/** @returns the target of a presigned URL. */
export const presign = async (
  call: S3Call & { readonly expiresIn?: number; readonly hoist?: boolean },
): Promise<{ method: string; origin: string; target: string; host: string }> => {
  const {
    endpoint,
    credentials,
    method = 'GET',
    path,
    query = {},
    headers = {},
    region = 'us-east-1',
    date,
    expiresIn = 300,
  } = call;
  const { origin, host, pathname } = new URL(endpoint);
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const fullPath = (pathname === '/' ? '' : pathname) + path;
  const request = new HttpRequest({
    method,
    hostname: host,
    path: fullPath,
    query,
    headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
  });
  const signed = await signer.presign(request, {
    expiresIn,
    ...(date && { signingDate: date }),
    unhoistableHeaders: new Set(),
  });
  return { method, origin, host, target: `${fullPath}?${queryString(signed.query as Record<string, string>)}` };
};
