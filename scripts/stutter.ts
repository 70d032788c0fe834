/**
 * `node scripts/run.mjs scripts/stutter.ts [--share 0.33] [--longest 2.5] [--seed N] -- COMMAND…`: runs a command in which
 * every process stands still now and then, each by itself, as on a machine that has too much to do. What depends on how
 * fast another process is, shows. Where Linux's /proc is.
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** How much of the time a process stands still. */
    share: { type: 'string', default: '0.33' },
    /** Seconds. */
    longest: { type: 'string', default: '2.5' },
    seed: { type: 'string', default: String(randomInt(1_000_000)) },
  },
});
const [command, ...args] = positionals;
const share = Number(values.share);
const longestMs = Number(values.longest) * 1_000;
const seed = Number(values.seed);
if (command === undefined || !(share > 0 && share < 1) || !(longestMs > 0) || !Number.isInteger(seed)) {
  console.error('stutter.ts [--share 0.33] [--longest 2.5] [--seed N] -- COMMAND…');
  process.exit(2);
}
console.error(`stutter: --share ${share} --longest ${longestMs / 1_000} --seed ${seed}`);

let state = seed >>> 0 || 1; // it would stay 0
/** 0 to 1; xorshift, as the times when processes begin differ from run to run anyway. */
const random = (): number => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
};
for (let i = 0; i < 20; i += 1) random();
/** Most are short, some are long. */
const someMs = (meanMs: number): number => -Math.log(1 - random()) * meanMs;

/** Its children have it too, also those that have left its group. */
const MARK = `EYRIE_STUTTER=${process.pid}`;
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, EYRIE_STUTTER: String(process.pid) } });
let code: number | null = null;
child.once('exit', (exit, signal) => {
  code = exit ?? (signal === null ? 1 : 130);
});
child.once('error', ({ message }) => {
  console.error(`stutter: ${message}`);
  process.exit(127);
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));

const isMarked = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(MARK);
  } catch {
    return false; // gone, or another user's
  }
};

/** When the next change is due, and whether it stands still until then. */
const known = new Map<number, { at: number; still: boolean; forMs: number }>();

const tell = (pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void => {
  try {
    process.kill(pid, signal);
  } catch {
    known.delete(pid);
  }
};

const TICK_MS = 30;
const LOOK_EVERY_MS = 1_000;

let looked = 0;
while (code === null) {
  const now = performance.now();
  if (now - looked > LOOK_EVERY_MS) {
    looked = now;
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    for (const pid of known.keys()) if (!pids.includes(pid)) known.delete(pid);
    for (const pid of pids) {
      if (!known.has(pid) && isMarked(pid)) known.set(pid, { at: now + someMs(LOOK_EVERY_MS), still: false, forMs: 0 });
    }
  }
  for (const [pid, { at, still, forMs }] of known) {
    if (now < at) continue;
    // It runs for as long as makes up for how long it stood still.
    const nextMs = still ? someMs((forMs * (1 - share)) / share) : Math.min(longestMs, someMs(longestMs / 2.5));
    known.set(pid, { at: now + nextMs, still: !still, forMs: nextMs });
    tell(pid, still ? 'SIGCONT' : 'SIGSTOP');
  }
  await pause(TICK_MS);
}
for (const pid of known.keys()) tell(pid, 'SIGCONT');
process.exit(code);
