/** A Temporal development server: one binary with the Web UI and a database in memory or in one file. */

import { type Child, findFreePort, startChild, waitForPort, withFreePorts } from './child.ts';
import { findBinary } from './python.ts';

export interface TemporalOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Of the Web UI; 0: any free port, undefined: no Web UI. */
  readonly uiPort: number | undefined;
  /** Default: in memory, gone with the process. */
  readonly dbFile?: string | undefined;
  readonly onDeath?: (message: string) => void;
}

export interface TemporalProcess extends Child {
  /** 127.0.0.1:PORT */
  readonly address: string;
  /** http://127.0.0.1:PORT, or null without Web UI. */
  readonly ui: string | null;
}

/** What operators filter by; a worker that writes an attribute which is not registered waits for ever. */
const SEARCH_ATTRIBUTES = [
  'EyriePhase=Keyword',
  'EyrieStep=Keyword',
  'EyrieErrorCode=Keyword',
  'EyrieAccount=Keyword',
  'EyrieEnvironment=Keyword',
  'EyrieStuckSince=Datetime',
  'EyrieUnwindingSince=Datetime',
];

const LOOPBACK = '127.0.0.1';

/** By default timers fire up to a second late: a retry after 50 ms would come after 1,000. */
const TIMER_PRECISION = 'history.timerProcessorMaxTimeShift="20ms"';

export const startTemporal = (options: TemporalOptions): Promise<TemporalProcess> =>
  withFreePorts(() => startOnce(options));

const startOnce = async ({ port, uiPort, dbFile, onDeath }: TemporalOptions): Promise<TemporalProcess> => {
  const grpc = port || (await findFreePort());
  const web = uiPort === 0 ? await findFreePort() : uiPort;
  const child = startChild({
    name: 'temporal',
    command: [
      findBinary('temporal'),
      ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(grpc), '--log-level', 'error'],
      ...(web === undefined ? ['--headless'] : ['--ui-ip', LOOPBACK, '--ui-port', String(web)]),
      ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
      ...['--dynamic-config-value', TIMER_PRECISION],
      ...SEARCH_ATTRIBUTES.flatMap((attribute) => ['--search-attribute', attribute]),
    ],
  });
  await waitForPort(child, { port: grpc, says: /^Temporal Server:/m });
  child.onDeath(onDeath);
  return { ...child, address: `${LOOPBACK}:${grpc}`, ui: web === undefined ? null : `http://${LOOPBACK}:${web}` };
};
