/**
 * The file system of an instance: the machine's own under a layer that takes all changes and goes with the test. Scripts
 * run in it as they are; what only Amazon Linux has (its package manager, systemd) is played by small stubs.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Ran {
  readonly status: number | null;
  /** stdout and stderr, in this order. */
  readonly output: string;
}

export interface Instance {
  /** Where its root is, seen from outside. */
  readonly root: string;
  write(path: string, text: string, mode?: number): void;
  /** Empty where there is no such file. */
  read(path: string): string;
  /** Runs a program in it, with the stubs first on the path. */
  run(command: readonly string[], environment?: Readonly<Record<string, string>>): Ran;
  /** What came out on `/dev/console`. */
  console(): string;
  remove(): void;
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];

export const must = (program: string, ...args: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
};

/**
 * @param namespace the network namespace that its programs run in; none: one of its own without any network
 * @param stubs program → its shell script; each notes its call in `/calls` first
 */
export const createInstance = (namespace: string | null, stubs: Readonly<Record<string, string>>): Instance => {
  const base = mkdtempSync(join(tmpdir(), 'eyrie-instance-'));
  const root = join(base, 'root');
  // A layer of its own file system: the lower one must not contain the upper one.
  must('mount', '-t', 'tmpfs', 'tmpfs', base);
  for (const part of ['root', 'upper', 'work']) mkdirSync(join(base, part));
  const layers = `lowerdir=/,upperdir=${join(base, 'upper')},workdir=${join(base, 'work')}`;
  must('mount', '-t', 'overlay', 'overlay', '-o', layers, root);
  must('mount', '-t', 'proc', 'proc', join(root, 'proc'));
  must('mount', '-t', 'tmpfs', 'tmpfs', join(root, 'dev'));
  for (const device of DEVICES) {
    writeFileSync(join(root, 'dev', device), '');
    must('mount', '--bind', `/dev/${device}`, join(root, 'dev', device));
  }
  must('ln', '-s', '/proc/self/fd', join(root, 'dev/fd'));
  mkdirSync(join(root, 'dev/shm'));
  must('mount', '-t', 'tmpfs', '-o', 'mode=1777', 'tmpfs', join(root, 'dev/shm'));
  writeFileSync(join(root, 'dev/console'), '');

  const write: Instance['write'] = (path, text, mode = 0o644) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    // What stands there may be a link that leads out of here.
    rmSync(join(root, path), { force: true });
    writeFileSync(join(root, path), text);
    chmodSync(join(root, path), mode);
  };
  const read: Instance['read'] = (path) => {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch {
      return '';
    }
  };
  for (const [program, script] of Object.entries(stubs)) {
    write(`/stubs/${program}`, `#!/bin/bash\necho "${program} $*" >> /calls\n${script}\n`, 0o755);
  }
  const inNetwork = namespace === null ? ['unshare', '--net'] : ['ip', 'netns', 'exec', namespace];
  return {
    root,
    write,
    read,
    run(command, environment = {}) {
      const PATH = '/stubs:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
      const [program = '', ...args] = [...inNetwork, 'chroot', root, ...command];
      const { status, stdout, stderr } = spawnSync(program, args, {
        encoding: 'utf8',
        env: { PATH, HOME: '/root', ...environment },
      });
      return { status, output: `${stdout}${stderr}` };
    },
    console: () => read('/dev/console'),
    remove() {
      must('umount', '--recursive', root);
      must('umount', base);
      rmSync(base, { recursive: true });
    },
  };
};
