/** Builds aws-chunked bodies, signed by hand with node:crypto alone. */
import { createHash, createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Answer, type Credentials, send, signS3 } from './http.ts';

export const crc32Of = (body: Buffer): string => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
};

const chunksOf = (body: Buffer, size: number): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) chunks.push(body.subarray(at, at + size));
  return chunks;
};

/** `size\r\ndata\r\n … 0\r\ntrailer\r\n\r\n` */
export const unsignedFrames = (body: Buffer, { chunk = 65_536, trailer = '' } = {}): Buffer =>
  Buffer.concat([
    ...chunksOf(body, chunk).flatMap((data) => [
      Buffer.from(`${data.length.toString(16)}\r\n`),
      data,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`0\r\n${trailer === '' ? '' : `${trailer}\r\n`}\r\n`),
  ]);

const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

export interface SignedFrameOptions {
  readonly secret: string;
  /** Authorization header of the request, for its scope and signature. */
  readonly authorization: string;
  readonly amzDate: string;
  readonly chunk?: number;
  /** `x-amz-checksum-crc32:value` */
  readonly trailer?: string;
}

export const signedFrames = (
  body: Buffer,
  { secret, authorization, amzDate, chunk = 65_536, trailer }: SignedFrameOptions,
): Buffer => {
  const [, date = '', region = ''] = /Credential=.*\/(\d{8})\/([^/]+)\/s3\/aws4_request/.exec(authorization) ?? [];
  const scope = `${date}/${region}/s3/aws4_request`;
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), 's3'), 'aws4_request');
  let previous = /Signature=([0-9a-f]{64})/.exec(authorization)?.[1] ?? '';
  const parts: Buffer[] = [];
  for (const data of [...chunksOf(body, chunk), Buffer.alloc(0)]) {
    previous = hmac(
      key,
      `AWS4-HMAC-SHA256-PAYLOAD\n${amzDate}\n${scope}\n${previous}\n${sha('')}\n${sha(data)}`,
    ).toString('hex');
    parts.push(Buffer.from(`${data.length.toString(16)};chunk-signature=${previous}\r\n`), data);
    if (data.length > 0) parts.push(Buffer.from('\r\n'));
  }
  if (trailer !== undefined) {
    const signature = hmac(
      key,
      `AWS4-HMAC-SHA256-TRAILER\n${amzDate}\n${scope}\n${previous}\n${sha(`${trailer}\n`)}`,
    ).toString('hex');
    parts.push(Buffer.from(`${trailer}\r\nx-amz-trailer-signature:${signature}\r\n`));
  }
  parts.push(Buffer.from('\r\n'));
  return Buffer.concat(parts);
};

export type FrameMode =
  | 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
  | 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
  | 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER';

export interface FramedPut {
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly mode: FrameMode;
  readonly body: Buffer;
  readonly chunk?: number;
  /** Replaces the CRC32 of the body. */
  readonly checksum?: string;
  /** False announces and sends no trailer. Default: as the mode says. */
  readonly trailer?: boolean;
  readonly headers?: Record<string, string>;
  /** Announced bytes, where it is not the body's length. */
  readonly decodedLength?: number | null;
  /** Changes the framed body. */
  readonly tamper?: (frames: Buffer) => Buffer;
}

export const putFrames = async (put: FramedPut): Promise<Answer> => {
  const { endpoint, credentials, path, query = {}, mode, body, chunk, headers = {}, decodedLength = body.length } = put;
  const hasTrailer = put.trailer ?? mode.endsWith('-TRAILER');
  const signed = await signS3({
    endpoint,
    credentials,
    method: 'PUT',
    path,
    query,
    hash: mode,
    headers: {
      'content-encoding': 'aws-chunked',
      ...(decodedLength !== null && { 'x-amz-decoded-content-length': String(decodedLength) }),
      ...(hasTrailer && { 'x-amz-trailer': 'x-amz-checksum-crc32', 'x-amz-sdk-checksum-algorithm': 'CRC32' }),
      ...headers,
    },
  });
  const trailer = hasTrailer ? `x-amz-checksum-crc32:${put.checksum ?? crc32Of(body)}` : undefined;
  const frames = mode.startsWith('STREAMING-UNSIGNED')
    ? unsignedFrames(body, { ...(chunk && { chunk }), ...(trailer && { trailer }) })
    : signedFrames(body, {
        secret: credentials.secretAccessKey,
        authorization: signed.headers.authorization as string,
        amzDate: signed.headers['x-amz-date'] as string,
        ...(chunk && { chunk }),
        ...(trailer !== undefined && { trailer }),
      });
  const sent = put.tamper?.(frames) ?? frames;
  return send({
    ...signed,
    headers: [...Object.entries(signed.headers).flat(), 'content-length', String(sent.length)],
    body: sent,
  });
};
