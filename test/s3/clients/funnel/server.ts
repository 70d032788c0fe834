/** Funnel as a process, whose tasks are confined processes; its files are moved with the credentials that it is given. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { answers, freePort } from '../../support/versitygw.ts';

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const FUNNEL = process.env.FUNNEL ?? here('../../../../.eyrie/go/bin/funnel');

export interface Funnel {
  readonly url: string;
  stop(): Promise<void>;
}

export interface FunnelOptions {
  /** Its database stays there when it is stopped. */
  readonly folder: string;
  readonly s3: { readonly endpoint: string; readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What a task sees: programs, nothing of the machine's own files, no network. */
const CONFINED = [
  '--unshare-all --die-with-parent --clearenv --setenv PATH /usr/bin:/bin',
  '--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64',
  '--proc /proc --dev /dev',
  '{{range .Volumes}}--bind {{.HostPath}} {{.ContainerPath}} {{end}}',
].join(' ');

/** It listens on every interface, whatever it is told: start it in a network namespace of its own. */
export const startFunnel = async ({ folder, s3 }: FunnelOptions): Promise<Funnel> => {
  const [http, rpc] = [await freePort(), await freePort()];
  const inside = (name: string): string => join(folder, name);
  mkdirSync(inside('work'), { recursive: true });
  copyFileSync(here('./driver.sh'), inside('driver.sh'));
  const config = {
    Database: 'boltdb',
    Compute: 'local',
    EventWriters: ['boltdb'],
    Server: { ServiceName: 'Funnel', HostName: '127.0.0.1', HTTPPort: String(http), RPCPort: String(rpc) },
    RPCClient: { ServerAddress: `127.0.0.1:${rpc}` },
    Worker: {
      WorkDir: inside('work'),
      PollingRate: '1s',
      LogUpdateRate: '1s',
      // Without it a task with a path for its standard output ends the server.
      LogTailSize: 10_000,
      Container: {
        DriverCommand: inside('driver.sh'),
        RunCommand: `run {{.Name}} ${CONFINED}-- {{.Command}}`,
        PullCommand: 'pull {{.Image}}',
        StopCommand: 'rm {{.Name}}',
      },
    },
    BoltDB: { Path: inside('funnel.db') },
    LocalStorage: { AllowedDirs: [inside('work')] },
    AmazonS3: { Disabled: true },
    GenericS3: [
      { Disabled: false, Endpoint: new URL(s3.endpoint).host, Key: s3.accessKeyId, Secret: s3.secretAccessKey },
    ],
  };
  writeFileSync(inside('config.yaml'), stringify(config), { mode: 0o600 });
  const child = spawn(FUNNEL, ['server', 'run', '--config', inside('config.yaml')], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-20_000);
    });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('error', () => {});
  const url = `http://127.0.0.1:${http}`;
  await answers(
    `${url}/ga4gh/tes/v1/service-info`,
    () => child.exitCode !== null || child.pid === undefined,
    () => output,
  );
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
