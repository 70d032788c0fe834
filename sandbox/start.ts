/** The AWS endpoint of the sandbox, in this process: moto as a child behind the strict layer. */
import type { AddressInfo } from 'node:net';
import { createKeyring } from './core/keyring.ts';
import { createLocks, MOTO_ANSWER_MS_MAX } from './core/locks.ts';
import { createAdmin } from './endpoint/admin.ts';
import { createFaults } from './endpoint/faults.ts';
import { createJournal } from './endpoint/journal.ts';
import { createLayer } from './endpoint/layer.ts';
import { createSandboxServer, type Tls } from './endpoint/server.ts';
import { createTiming } from './endpoint/timing.ts';
import { createWorld } from './endpoint/world.ts';
import { createBackend } from './moto/backend.ts';
import { createMotoClients } from './moto/clients.ts';
import { startMoto } from './processes/moto.ts';
import { SERVICES } from './services/list.ts';

export interface AwsSandboxOptions {
  /** Default 0: any free port. */
  readonly port?: number;
  /** 1 is AWS-like, 0 answers at once. Default 0. */
  readonly scale?: number;
  /** Seed of the spread of delays. Default 1. */
  readonly seed?: number;
  /** Serves https with this certificate. Default: plain http. */
  readonly tls?: Tls | undefined;
  /** Default: standard error. */
  readonly log?: (message: string) => void;
  /** Called when moto dies without having been asked to. Default: logged. */
  readonly onDeath?: (message: string) => void;
}

export interface AwsSandbox {
  /** http://127.0.0.1:PORT, or https with a certificate. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

const toStandardError = (message: string): void => void process.stderr.write(`sandbox: ${message}\n`);

export const startAwsSandbox = async (options: AwsSandboxOptions = {}): Promise<AwsSandbox> => {
  const { port = 0, scale = 0, seed = 1, tls, log = toStandardError, onDeath = log } = options;
  const moto = await startMoto(onDeath);
  const locks = createLocks(MOTO_ANSWER_MS_MAX);
  const timing = createTiming(scale, seed);
  const faults = createFaults();
  const journal = createJournal(() => Date.now());
  const world = createWorld({
    moto: createMotoClients(moto.endpoint, locks),
    keyring: createKeyring(),
    timing,
    services: SERVICES,
  });
  const backend = createBackend(moto.endpoint, locks);
  const layer = createLayer({
    backend,
    world,
    faults,
    journal,
    timing,
    log,
  });
  const server = createSandboxServer({ layer, admin: createAdmin({ world, faults, journal, timing, log }), log, tls });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  }).catch(async (error) => {
    await moto.stop();
    throw error;
  });
  return {
    endpoint: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await moto.stop();
      await backend.close().catch(() => undefined);
    },
  };
};
