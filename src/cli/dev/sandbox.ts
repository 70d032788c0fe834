/** The sandbox as a process of its own; nothing of it is imported. */
import { fileURLToPath } from 'node:url';
import type { Certificate } from './certificate.ts';
import type { Ports } from './ports.ts';
import type { Supervisor } from './supervisor.ts';

export interface Sandbox {
  readonly aws: string;
  /** host:port */
  readonly temporal: string;
  readonly temporalUi: string;
  readonly issuer: string;
}

const MAIN = fileURLToPath(new URL('../../../sandbox/main.ts', import.meta.url));

export const startSandbox = async (
  supervisor: Supervisor,
  options: {
    readonly ports: Ports;
    readonly scale: number;
    readonly dbFile?: string;
    readonly certificate: Certificate | undefined;
  },
  onEnd: () => void,
): Promise<Sandbox> => {
  const { certificate, ports } = options;
  const args = [
    ...['--aws-port', String(ports.aws), '--temporal-port', String(ports.temporal)],
    ...['--ui-port', String(ports.ui), '--issuer-port', String(ports.issuer)],
    ...['--scale', String(options.scale)],
    ...(options.dbFile === undefined ? [] : ['--db-file', options.dbFile]),
    ...(certificate ? ['--tls-cert', certificate.cert, '--tls-key', certificate.key] : []),
  ];
  return (await supervisor.run('sandbox', MAIN, args, onEnd)) as unknown as Sandbox;
};
