/**
 * Strict upstreams, which verify signatures and digests: the sandbox's S3, or versitygw where S3_UPSTREAM says so.
 * Each is behind a tap.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from '#s3/options.ts';
import { sandboxAccount } from '../../support/sandbox.ts';
import { startTap, type Tap } from './tap.ts';

export interface StrictUpstream {
  readonly name: 'sandbox' | 'versitygw';
  /** For the proxy: through the tap. */
  readonly upstream: S3Options['upstream'];
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Speaks to it directly, with its own credentials. */
  readonly client: S3Client;
  readonly tap: Tap;
  makeBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

export const strictUpstream = async (): Promise<StrictUpstream> => {
  const isVersity = process.env.S3_UPSTREAM === 'versitygw';
  const { endpoint, credentials, stop } = isVersity ? await startVersitygw() : await sandbox();
  const tap = await startTap(endpoint);
  const region = 'us-east-1';
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 2 });
  return {
    name: isVersity ? 'versitygw' : 'sandbox',
    upstream: { endpoint: tap.endpoint, region, credentials: async () => credentials },
    endpoint,
    credentials,
    client,
    tap,
    makeBucket: async (name) => void (await client.send(new CreateBucketCommand({ Bucket: name }))),
    async stop() {
      client.destroy();
      await tap.stop();
      await stop();
    },
  };
};

interface Started {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  stop(): Promise<void>;
}

const sandbox = async (): Promise<Started> => {
  const { endpoint, credentials } = await sandboxAccount();
  return { endpoint, credentials, stop: async () => {} };
};

const VERSITYGW = process.env.VERSITYGW ?? fileURLToPath(new URL('../../../.eyrie/go/bin/versitygw', import.meta.url));

/** A gateway of its own on a fresh folder; versioning on, so that those operations have something to answer. */
export const startVersitygw = async (): Promise<Started> => {
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  const port = await freePort();
  const credentials = { accessKeyId: 'upstreamroot', secretAccessKey: 'upstreamsecret' };
  const args = [
    '--port',
    `127.0.0.1:${port}`,
    '--quiet',
    '--keep-alive',
    'posix',
    '--versioning-dir',
    join(folder, 'versions'),
    join(folder, 'data'),
  ];
  for (const name of ['versions', 'data'])
    await import('node:fs/promises').then(({ mkdir }) => mkdir(join(folder, name)));
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

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** @throws Error when the server ends, or does not answer within 10 s */
async function answers(endpoint: string, hasEnded: () => boolean, errors: () => string): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    if (hasEnded()) throw new Error(`versitygw did not start: ${errors()}`);
    try {
      await fetch(endpoint);
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
