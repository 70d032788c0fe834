/** A strict S3 server as a process: it verifies signatures and digests. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Started {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

const VERSITYGW = process.env.VERSITYGW ?? fileURLToPath(new URL('../../../.eyrie/go/bin/versitygw', import.meta.url));

export interface GatewayOptions {
  /**
   * Connections serve more than one request; default true. With it the gateway leaves the end of a body in chunked transfer encoding
   * unread and answers it 400, which a client may take for the answer to its next request: none that asks it directly may rely on it.
   */
  readonly keepAlive?: boolean;
}

/** A gateway of its own on a fresh folder; versioning on, so that those operations have something to answer. */
export const startVersitygw = async ({ keepAlive = true }: GatewayOptions = {}): Promise<Started> => {
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  const port = await freePort();
  const credentials = { accessKeyId: 'upstreamroot', secretAccessKey: 'upstreamsecret' };
  const args = [
    '--port',
    `127.0.0.1:${port}`,
    '--quiet',
    ...(keepAlive ? ['--keep-alive'] : []),
    'posix',
    '--versioning-dir',
    join(folder, 'versions'),
    join(folder, 'data'),
  ];
  for (const name of ['versions', 'data']) await mkdir(join(folder, name));
  const child = spawn(VERSITYGW, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      ROOT_ACCESS_KEY: credentials.accessKeyId,
      ROOT_SECRET_KEY: credentials.secretAccessKey,
    },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString('utf8');
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('error', () => {});
  const endpoint = `http://127.0.0.1:${port}`;
  await answers(
    endpoint,
    () => child.exitCode !== null || child.pid === undefined,
    () => errors,
  );
  return {
    endpoint,
    credentials,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** @throws Error when the server ends, or does not answer within 10 s */
export async function answers(endpoint: string, hasEnded: () => boolean, errors: () => string): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    if (hasEnded()) throw new Error(`the server at ${endpoint} did not start: ${errors()}`);
    try {
      await fetch(endpoint);
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
