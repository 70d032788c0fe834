/** The sandbox as a process of its own; nothing of it is imported. */
import { fileURLToPath } from 'node:url';
import type { Certificate } from './certificate.ts';
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
    readonly awsPort: number;
    readonly temporalPort: number;
    readonly uiPort: number;
    readonly issuerPort: number;
    readonly scale: number;
    readonly dbFile?: string;
    readonly certificate: Certificate | undefined;
  },
  onEnd: () => void,
): Promise<Sandbox> => {
  const { certificate } = options;
  const args = [
    ...['--aws-port', String(options.awsPort), '--temporal-port', String(options.temporalPort)],
    ...['--ui-port', String(options.uiPort), '--issuer-port', String(options.issuerPort)],
    ...['--scale', String(options.scale)],
    ...(options.dbFile === undefined ? [] : ['--db-file', options.dbFile]),
    ...(certificate ? ['--tls-cert', certificate.cert, '--tls-key', certificate.key] : []),
  ];
  return (await supervisor.run('sandbox', MAIN, args, onEnd)) as unknown as Sandbox;
};
