/** Where the `eyrie dev` of this checkout can be reached: a default for the other commands. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCliEnvironment } from '#config/load.ts';
import { isFree } from './ports.ts';

/** The line that `eyrie dev --json` prints. It holds no secret; the file that `config` names does. */
export interface DevState {
  readonly api: string;
  /** Ends in /s3. */
  readonly s3: string;
  /** S3 without a path, where a port for it was asked for. */
  readonly s3Root: string | null;
  readonly aws: string;
  readonly temporal: string;
  readonly temporalUi: string;
  readonly issuer: string;
  readonly account: string;
  readonly region: string;
  readonly controlBucket: string;
  readonly config: string;
  readonly pid: number;
  readonly apiPid: number;
  readonly workerPid: number;
  /** PEM file, with `--tls`. */
  readonly ca?: string;
}

const OF_CHECKOUT = fileURLToPath(new URL('../../../.eyrie/dev.json', import.meta.url));

/** `EYRIE_DEV_STATE`, else the checkout's. */
export const devStateFile = (): string => readCliEnvironment().devState ?? OF_CHECKOUT;

export const readDevState = (): DevState | undefined => {
  try {
    const state = JSON.parse(readFileSync(devStateFile(), 'utf8')) as DevState;
    process.kill(state.pid, 0); // throws where that process is gone
    return state;
  } catch {
    return undefined;
  }
};

/** The one whose file it is. What was killed has left the file, and another process may have its pid: its API tells. */
export const findRunningDev = async (): Promise<DevState | undefined> => {
  const state = readDevState();
  if (!state || state.pid === process.pid || !URL.canParse(state.api)) return undefined;
  return (await isFree(Number(new URL(state.api).port))) ? undefined : state;
};

export const writeDevState = (file: string, state: DevState): void => {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(state), { mode: 0o600 });
  } catch {
    // A read-only checkout: the other commands then need their options.
  }
};

/** Leaves the file of a later one alone. */
export const removeDevState = (pid: number): void => {
  try {
    if ((JSON.parse(readFileSync(devStateFile(), 'utf8')) as DevState).pid === pid) rmSync(devStateFile());
  } catch {
    // There is none.
  }
};
