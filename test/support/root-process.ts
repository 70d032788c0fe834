/** A worker or an API as a process of its own, beside those of `eyrie dev` or of another installation. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';

export interface RootProcess {
  /** What it printed when it was ready. */
  readonly ready: { readonly pid: number; readonly api?: string };
  readonly config: string;
  /** Stops it with a signal. Its exit code, and how long it took. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<{ readonly code: number | null; readonly ms: number }>;
}

type Options = Readonly<Record<string, unknown>>;

/** Maps of the second level are merged, all else is replaced. */
const change = (config: Options, changes: Options): Options => ({
  ...config,
  ...Object.fromEntries(
    Object.entries(changes).map(([key, value]) => [
      key,
      typeof value === 'object' && !Array.isArray(value) ? { ...(config[key] as object), ...value } : value,
    ]),
  ),
});

/** Ready. Ends with the test at the latest. @param config the file of `eyrie dev` */
export const startRoot = async (
  root: 'worker.ts' | 'api/server.ts',
  config: string,
  changes: Options = {},
): Promise<RootProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-root-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, stringify(change(parse(readFileSync(config, 'utf8')) as Options, changes)));
  const main = fileURLToPath(new URL(`../../src/${root}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, '--config', file, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-2_000);
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const stop: RootProcess['stop'] = async (signal = 'SIGTERM') => {
    const began = performance.now();
    child.kill(signal);
    const code = await ended;
    rmSync(folder, { recursive: true, force: true });
    return { code, ms: Math.round(performance.now() - began) };
  };
  onTestFinished(async () => void (await stop()));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`${root} ended with ${code} before it was ready:\n${said}`)));
  });
  return { ready: JSON.parse(line) as RootProcess['ready'], config: file, stop };
};
