/** Signed requests, each on a connection of its own that may be cut at any byte, or on one that is kept. */
import { createHash } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { createSigner } from '#s3/upstream/sign.ts';
import { crc32Of, unsignedFrames } from '../support/frames.ts';

export interface Plan {
  readonly method: string;
  readonly key?: string;
  readonly query?: readonly [string, string][];
  readonly headers?: ReadonlyMap<string, string>;
  readonly body?: Buffer;
  /** Default: the body's SHA-256. */
  readonly payloadHash?: string;
}

export interface Outcome {
  /** `none` for a connection that ended without an answer, `aborted` for one that was cut on purpose. */
  readonly status: string;
  readonly text: string;
}

export interface Target {
  readonly port: number;
  readonly bucket: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

const NOTHING = Buffer.alloc(0);
const hashes = new Map<Buffer, string>();

/** The bodies of a soak are few and used over and over. */
const hashOf = (body: Buffer): string => {
  const known = hashes.get(body) ?? createHash('sha256').update(body).digest('hex');
  if (hashes.size < 1_000) hashes.set(body, known);
  return known;
};

/** The same body, framed, with its checksum behind it. */
export const framed = (body: Buffer): Pick<Plan, 'headers' | 'body' | 'payloadHash'> => ({
  headers: new Map([
    ['content-encoding', 'aws-chunked'],
    ['x-amz-decoded-content-length', String(body.length)],
    ['x-amz-trailer', 'x-amz-checksum-crc32'],
  ]),
  body: unsignedFrames(body, { trailer: `x-amz-checksum-crc32:${crc32Of(body)}` }),
  payloadHash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
});

export const createRequests = ({ port, bucket, credentials }: Target) => {
  const sign = createSigner({
    host: `127.0.0.1:${port}`,
    style: 'path',
    basePath: '/s3',
    region: 'us-east-1',
    now: Date.now,
  });
  const agent = new Agent({ keepAlive: true });

  const signed = ({ method, key, query = [], headers = new Map(), body = NOTHING, payloadHash }: Plan) => {
    const outgoing = { method, bucket, key, query, headers, payloadHash: payloadHash ?? hashOf(body) };
    const { path, headers: list } = sign(outgoing, credentials);
    return {
      path,
      headers: body.length > 0 || method === 'PUT' ? [...list, 'content-length', `${body.length}`] : list,
    };
  };

  return {
    /** On a connection that others were answered on before. */
    kept: (plan: Plan): Promise<Outcome> =>
      new Promise((resolve) => {
        const { path, headers } = signed(plan);
        const request = httpRequest({ agent, host: '127.0.0.1', port, method: plan.method, path, headers });
        request.on('error', () => resolve({ status: 'none', text: '' }));
        request.on('response', (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => {
            if (text.length < 10_000) text += chunk.toString('latin1');
          });
          response.on('error', () => resolve({ status: 'none', text }));
          response.on('end', () => resolve({ status: String(response.statusCode), text }));
        });
        request.end(plan.body ?? NOTHING);
      }),

    /** @param abortAfter bytes, in either direction, after which the connection is reset */
    alone: (plan: Plan, abortAfter = Number.POSITIVE_INFINITY): Promise<Outcome> =>
      new Promise((resolve) => {
        const { path, headers } = signed(plan);
        let head = `${plan.method} ${path} HTTP/1.1\r\n`;
        for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
        const bytes = Buffer.concat([Buffer.from(`${head}connection: close\r\n\r\n`, 'latin1'), plan.body ?? NOTHING]);
        const socket = connect(port, '127.0.0.1');
        let status = 'none';
        let received = 0;
        let text = '';
        socket.on('error', () => {});
        socket.on('data', (chunk) => {
          if (status === 'none') status = chunk.toString('latin1', 9, 12);
          if (status.startsWith('5') && text.length < 10_000) text += chunk.toString('latin1');
          received += chunk.length;
          if (received >= abortAfter) socket.resetAndDestroy();
        });
        socket.on('close', () =>
          resolve({ status: abortAfter === Number.POSITIVE_INFINITY ? status : 'aborted', text }),
        );
        if (abortAfter < bytes.length) socket.write(bytes.subarray(0, abortAfter), () => socket.resetAndDestroy());
        else socket.write(bytes);
      }),

    close: () => agent.destroy(),
  };
};
