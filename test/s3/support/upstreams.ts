/** Upstreams: the sandbox's S3, which verifies signatures and digests, and one that says whatever a test wants. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from '#s3/options.ts';
import type { JournalEntry } from '../../../sandbox/journal.ts';
import { sandboxAccount } from '../../support/sandbox.ts';

export interface StrictUpstream {
  readonly upstream: S3Options['upstream'];
  /** Speaks to it directly, with its own credentials. */
  readonly client: S3Client;
  /** Sequence number and operation of the calls that arrived after the given one. */
  calls(after?: number): Promise<JournalEntry[]>;
  makeBucket(name: string): Promise<void>;
}

/** An account of the sandbox, for one test file. */
export const sandboxUpstream = async (): Promise<StrictUpstream> => {
  const account = await sandboxAccount();
  const client = new S3Client(account.client);
  return {
    upstream: { endpoint: account.endpoint, region: account.region, credentials: async () => account.credentials },
    client,
    calls: async (after) => (await account.journal(after)).filter(({ service }) => service === 's3'),
    makeBucket: async (name) => void (await client.send(new CreateBucketCommand({ Bucket: name }))),
  };
};

export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: string[];
  readonly body: Buffer;
  /** The whole body arrived. */
  readonly complete: boolean;
}

export interface ScriptedUpstream {
  readonly upstream: S3Options['upstream'];
  readonly port: number;
  readonly seen: SeenRequest[];
  readonly sockets: Set<Socket>;
  /** Connections made so far. */
  readonly connections: number;
  stop(): Promise<void>;
}

export type Script = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void;

/** Records each request and answers as the script says, after the body has arrived. */
export const scriptedUpstream = async (script: Script, { early = false } = {}): Promise<ScriptedUpstream> => {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', () => {});
    if (early) script(req, res, Buffer.alloc(0));
    req.on('close', () => {
      const { method = '', url: target = '', headers, rawHeaders, complete } = req;
      seen.push({ method, target, headers, rawHeaders, complete, body: Buffer.concat(chunks) });
    });
    req.on('end', () => !early && script(req, res, Buffer.concat(chunks)));
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const credentials = {
    accessKeyId: 'INTERNALKEYID',
    secretAccessKey: 'internal-secret',
    sessionToken: 'internal-token',
  };
  return {
    upstream: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: async () => credentials },
    port,
    seen,
    sockets,
    get connections() {
      return connections;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
};
