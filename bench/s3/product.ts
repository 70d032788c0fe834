/**
 * The product as the documentation starts it: `eyrie api` with a configuration file, beside an `eyrie dev` that has issuer,
 * Temporal and AWS for it. Audit lines go to a file, metrics are on, and nothing has warmed it up.
 */
import { execFileSync } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { CLI, firstLine, folder, MEASURED, OTHERS, startChild, stopChild } from './children.ts';
import type { Peer } from './peers.ts';

export interface Surroundings {
  /** The configuration of `eyrie dev`. */
  readonly config: Record<string, unknown>;
  readonly issuer: string;
}

export const startSurroundings = async (): Promise<Surroundings> => {
  const dev = startChild(OTHERS, CLI, ['dev', '--json', '--scale', '0', '--no-restart']);
  const { config, issuer } = await firstLine<{ config: string; issuer: string }>(dev);
  return { config: parse(readFileSync(config, 'utf8')) as Record<string, unknown>, issuer };
};

const tokenOf = (user: string, issuer: string): string =>
  execFileSync(CLI, ['token', '--user', user, '--issuer', issuer, '--ttl', '86400'], {
    encoding: 'utf8',
  }).trim();

export interface ProductOptions {
  readonly name: string;
  readonly client: 'lean' | 'undici';
  readonly processes: number;
  readonly upstreamPort: number;
  /** File of the upstream's certificate authority; with it, the upstream is reached over TLS. */
  readonly caFile: string | undefined;
}

export interface Product extends Peer {
  /** Credentials of another user than the peer's, with a bucket of their own. */
  neighbour(): Pick<Peer, 'credentials' | 'bucket'>;
  stop(): Promise<void>;
}

let count = 0;

export const startProduct = async (
  { config, issuer }: Surroundings,
  { name, client, processes, upstreamPort, caFile }: ProductOptions,
): Promise<Product> => {
  const file = join(folder, `config-${count++}.yaml`);
  const upstream = {
    endpoint: `${caFile ? 'https' : 'http'}://127.0.0.1:${upstreamPort}`,
    client,
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'secret',
    ...(caFile && { caFile }),
  };
  const s3 = { ...(config.s3 as object), processes, upstream };
  const api = { ...(config.api as object), port: 0 };
  writeFileSync(file, stringify({ ...config, s3, api }), { mode: 0o600 });
  const log = openSync(join(folder, 'log'), 'a', 0o600);
  const child = startChild(MEASURED, CLI, ['api', '--json', '--config', file], { log });
  const ready = await firstLine<{ api: string; pid: number }>(child);
  const as = (user: string): Pick<Peer, 'credentials' | 'bucket'> => ({
    credentials: { accessKeyId: tokenOf(user, issuer), secretAccessKey: 'N/A' },
    bucket: `gen3wf-localhost-${user}`,
  });
  return {
    name,
    port: Number(new URL(ready.api).port),
    pids: () => [ready.pid, ...childrenOf(ready.pid)],
    prefix: '/s3',
    ...as('bench'),
    neighbour: () => as('neighbour'),
    stop: () => stopChild(child),
  };
};

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
