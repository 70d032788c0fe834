/** An upstream that says whatever a test wants, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { S3Options } from '#s3/options.ts';

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
  script: Script;
  stop(): Promise<void>;
}

export type Script = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void;

export const INTERNAL = {
  accessKeyId: 'INTERNALKEYID',
  secretAccessKey: 'internal-secret',
  sessionToken: 'internal-token',
};

/** @param early answers before the body has arrived */
export const scriptedUpstream = async (script: Script, { early = false } = {}): Promise<ScriptedUpstream> => {
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('error', () => {});
    res.on('error', () => {});
    req.on('close', () => {
      const { method = '', url: target = '', headers, rawHeaders, complete } = req;
      seen.push({ method, target, headers, rawHeaders, complete, body: Buffer.concat(chunks) });
    });
    if (early) self.script(req, res, Buffer.alloc(0));
    req.on('end', () => !early && self.script(req, res, Buffer.concat(chunks)));
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: ScriptedUpstream = {
    upstream: { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: async () => INTERNAL },
    port,
    seen,
    sockets,
    script,
    get connections() {
      return connections;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
  return self;
};

/** An S3 error document. */
export const errorBody = (code: string, extra = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>upstream says ${code}</Message>${extra}<RequestId>UPSTREAMID</RequestId><HostId>upstream-host</HostId></Error>`;
