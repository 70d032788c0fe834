/** CPU, latency and memory of a peer while a load runs against it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { firstLine, here, OTHERS, startChild } from './children.ts';
import type { Peer } from './peers.ts';
import type { Scenario } from './scenarios.ts';
import { signS3 } from './sign.ts';

export interface Measured {
  readonly cpuPerRequestUs: number;
  readonly cpuPerGiB: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The most that was resident at any moment. */
  readonly rssMiB: number;
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** User and system time of all of them together. */
function cpuSeconds(pids: readonly number[]): number {
  let seconds = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    seconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  return seconds;
}

const rssMiB = (pids: readonly number[]): number =>
  pids.reduce(
    (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    0,
  );

export const measure = async (peer: Peer, { method, bytes, connections, requests }: Scenario): Promise<Measured> => {
  const bodyBytes = method === 'PUT' ? bytes : 0;
  const head = await signS3({ ...peer, method, path: `${peer.prefix}/${peer.bucket}/objects/${bytes}`, bodyBytes });
  const load = { port: peer.port, head, bodyBytes, connections, requests };
  const pids = peer.pids();
  const before = cpuSeconds(pids);
  let rss = 0;
  const sampling = setInterval(() => {
    rss = Math.max(rss, rssMiB(pids));
  }, 25);
  const { seconds, done, p50Ms, p99Ms } = await firstLine<{
    seconds: number;
    done: number;
    p50Ms: number;
    p99Ms: number;
  }>(startChild(OTHERS, process.execPath, [here('./load.ts'), JSON.stringify(load)]));
  clearInterval(sampling);
  const cpu = cpuSeconds(pids) - before;
  return {
    cpuPerRequestUs: (cpu / done) * 1e6,
    cpuPerGiB: cpu / ((done * bytes) / 1024 ** 3),
    perSecond: done / seconds,
    p50Ms,
    p99Ms,
    rssMiB: rss,
  };
};

export const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
