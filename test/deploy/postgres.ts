/** PostgreSQL from Debian, in a folder of its own, by a user without rights: it starts as nobody else. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#observability/worker-door.ts';
import { until } from '../support/workspace-runs.ts';

/** `nobody` and `nogroup`. */
const NOBODY = 65_534;
export const USER = 'temporal';

const program = (name: string): string => {
  const found = globSync(`/usr/lib/postgresql/*/bin/${name}`).toSorted().at(-1);
  if (found === undefined) throw new Error(`${name} of PostgreSQL is not there; run \`bash test/deploy/setup.sh\``);
  return found;
};

export interface Postgres {
  readonly port: number;
  stop(): Promise<void>;
}

/** Trusts whoever comes, on the loopback alone. */
export const startPostgres = async (): Promise<Postgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-postgres-'));
  chownSync(folder, NOBODY, NOBODY);
  const as = { uid: NOBODY, gid: NOBODY, cwd: folder };
  const data = join(folder, 'data');
  const made = spawnSync(
    program('initdb'),
    ['--pgdata', data, '--username', USER, '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    { ...as, encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
  const port = await freePort();
  const child: ChildProcess = spawn(
    program('postgres'),
    // Nothing here has to outlive this machine.
    ['-D', data, '-c', 'listen_addresses=127.0.0.1', '-p', String(port), '-k', folder, '-c', 'fsync=off'],
    { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const ended = once(child, 'exit');
  const isReady = () => spawnSync(program('pg_isready'), ['-h', '127.0.0.1', '-p', String(port)]).status === 0;
  await until('PostgreSQL is ready', () => {
    if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}:\n${log}`);
    return isReady();
  });
  return {
    port,
    async stop() {
      // Without waiting for connections to be closed.
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
};
