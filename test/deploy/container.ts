/** A process of the image as a cluster starts it: first of its namespace, not root, nothing writable but /tmp. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What `buildah inspect` says of an image. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

export interface Container {
  /** Seen from outside. */
  readonly pid: number;
  /** The line of JSON that it prints when it is ready. */
  readonly ready: Promise<unknown>;
  readonly log: () => string;
  /** Its exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** At once, where it still runs. */
  readonly kill: () => Promise<unknown>;
}

export interface ContainerOptions {
  readonly image: ImageConfig;
  /** Of its file system. */
  readonly root: string;
  /** Instead of the image's own. */
  readonly command: readonly string[];
  /** Readable for everybody at /run/eyrie.yaml. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Mounts are the namespace's own, and go with it. `$0` is the image's root, `$1` its user; the rest is run. The last of
 * them becomes the image's process: nothing stands between.
 */
const START = `set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount -t tmpfs tmpfs "$0/tmp"
mount -t tmpfs tmpfs "$0/run"
[ -z "$EYRIE_TEST_CONFIG" ] || install -m 444 "$EYRIE_TEST_CONFIG" "$0/run/eyrie.yaml"
unset EYRIE_TEST_CONFIG
mount -o remount,ro,bind "$0/run"
mount -o remount,ro,bind "$0"
user=$1
shift
exec chroot --userspec="$user" "$0" "$@"`;

const childOf = (pid: number): number => {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return Number(child);
};

export const startContainer = ({ image, root, command, config, env = {} }: ContainerOptions): Container => {
  const of = new Map(image.Env.map((pair) => pair.split(/=(.*)/s, 2) as [string, string]));
  const child = spawn(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child=KILL', 'sh', '-c', START, root, image.User, ...command],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(of), PATH: process.env.PATH, ...env, ...(config && { EYRIE_TEST_CONFIG: config }) },
    },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing')),
  );
  const ready = new Promise<unknown>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('{"ready"')) resolve(JSON.parse(line));
      else log += `${line}\n`;
    });
    child.once('exit', (code) => reject(new Error(`${command.join(' ')} ended with ${code}:\n${log}`)));
  });
  ready.catch(() => undefined);
  return {
    get pid() {
      return childOf(child.pid as number);
    },
    ready,
    log: () => log,
    ended,
    kill() {
      child.kill('SIGKILL');
      return ended;
    },
  };
};
