/** The units: systemd understands them, and what the guide installs is what they run. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { startDevProcess } from '../support/dev-process.ts';
import { ROOT } from './buildah.ts';

/** Of ten; half of what is left of it is that the services use a network. */
const EXPOSURE_MAX = 1.7;

const UNITS = ['api', 'worker'] as const;

/** A unit of a checkout that is not at /opt/eyrie. */
const unit = (part: string, change = (text: string): string => text): string => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-units-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const text = readFileSync(join(ROOT, `deploy/systemd/eyrie-${part}.service`), 'utf8');
  const file = join(folder, `eyrie-${part}.service`);
  writeFileSync(file, change(text.replaceAll('/opt/eyrie/', ROOT)));
  return file;
};

const analyze = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
};

test.each(UNITS)('systemd takes the unit of the %s', (part) => {
  expect(analyze('verify', unit(part))).toEqual({ status: 0, said: '' });
  // Controls: a directive that does not exist, and a program that is not there.
  const misspelt = (text: string) => text.replace('ProtectHome=', 'ProtectHomes=');
  expect(analyze('verify', unit(part, misspelt)).said).toContain('ProtectHomes');
  const elsewhere = (text: string) => text.replace('/bin/eyrie', '/bin/egret');
  expect(analyze('verify', unit(part, elsewhere)).status).not.toBe(0);
});

test.each(UNITS)('the %s may do little', (part) => {
  const exposure = (file: string): number => {
    const { said } = analyze('security', '--offline=true', '--no-pager', file);
    return Number(/Overall exposure level for .*: ([\d.]+)/.exec(said)?.[1]);
  };
  expect(exposure(unit(part))).toBeLessThanOrEqual(EXPOSURE_MAX);
  // Control: without one of its lines it is more exposed.
  expect(exposure(unit(part, (text) => text.replace('DynamicUser=yes\n', '')))).toBeGreaterThan(EXPOSURE_MAX);
});

/** All values of a directive. */
const valuesOf = (text: string, name: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

/**
 * As systemd would: what the guide types is done, in folders that end with it; then the unit's command is started as a user
 * without rights, with the unit's variables, its credential, a `/tmp` of its own, and nothing else to write to. `$0` is the
 * checkout, `$1` the unit, `$2` its command, `$3` what the guide types.
 */
const INSTALL = `set -eu
etc=$(mktemp -d)
mount -t tmpfs tmpfs "$etc"
cp -a /etc/. "$etc"
mount --bind "$etc" /etc
mkdir -p /etc/systemd/system
mount -t tmpfs tmpfs /opt
mkdir /opt/eyrie
mount --bind "$0" /opt/eyrie
npm() { echo "npm $*" >&2; }
systemctl() { echo "systemctl $*" >&2; }
given=$(mktemp -d)
cat >"$given/eyrie.yaml"
install() { if [ "$3" = eyrie.yaml ]; then command install "$1" "$2" "$given/eyrie.yaml" "$4"; else command install "$@"; fi; }
eval "$3"
unit=/etc/systemd/system/$1
mount -t tmpfs tmpfs /run
credentials=/run/credentials/$1
mkdir -p "$credentials"
grep ^LoadCredential= "$unit" | cut -d= -f2 | while IFS=: read -r name file; do
  command install -o 65532 -m 400 "$file" "$credentials/$name"
done
chown 65532 "$credentials"
chmod 500 "$credentials"
set -a
. "$(grep ^EnvironmentFile= "$unit" | cut -d= -f2 | tr -d -)"
set +a
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -o remount,ro,bind /opt/eyrie
cd /
export HOME=/ CREDENTIALS_DIRECTORY="$credentials"
exec setpriv --reuid 65532 --regid 65532 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all sh -c "$2"`;

const guide = readFileSync(join(ROOT, 'docs/how-to/deploy.md'), 'utf8');
const [, TYPED = ''] = /^```sh\n(cd \/opt\/eyrie[\s\S]*?)^```$/m.exec(guide) ?? [];

interface Installed {
  readonly part: (typeof UNITS)[number];
  readonly config: string;
  /** As the guide's file of variables names it. */
  readonly temporal?: string;
}

const installed = ({ part, config, temporal = 'temporal.example.org:7233' }: Installed) => {
  const text = readFileSync(join(ROOT, `deploy/systemd/eyrie-${part}.service`), 'utf8');
  const [start = ''] = valuesOf(text, 'ExecStart');
  const command = `${valuesOf(text, 'Environment').join(' ')} exec ${start.replaceAll('%d', '$CREDENTIALS_DIRECTORY')} --json`;
  const typed = TYPED.replace('temporal.example.org:7233', temporal);
  const child = spawn(
    'unshare',
    ['--mount', 'bash', '--norc', '-c', INSTALL, ROOT, `eyrie-${part}.service`, command, typed],
    {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  );
  child.stdin.end(config);
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString('utf8');
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(() => void child.kill('SIGKILL'));
  const ready = new Promise<unknown>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    child.once('exit', (code) => reject(new Error(`${part} ended with ${code}:\n${log}`)));
  });
  ready.catch(() => undefined);
  return { pid: child.pid as number, ready, ended, log: () => log };
};

test('what the guide types is what the units are about, and both start from it, as nobody', async () => {
  const dev = await startDevProcess('--no-restart');
  onTestFinished(() => dev.stop());
  const { config, temporal } = dev.state();
  const given = parse(readFileSync(config, 'utf8')) as { api: object };
  const file = { ...given, temporal: {}, api: { ...given.api, port: 0 } };
  const started = UNITS.map((part) => installed({ part, config: stringify(file), temporal }));
  const [api] = (await Promise.all(started.map(({ ready }) => ready))) as { api: string }[];
  expect((await fetch(`${api?.api}/health/ready`)).status).toBe(200);
  for (const { pid, log } of started) {
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(log()).toContain('systemctl enable --now eyrie-api eyrie-worker');
    process.kill(pid, 'SIGTERM');
  }
  expect(await Promise.all(started.map(({ ended }) => ended))).toEqual([0, 0]);
});

test.each(UNITS)('the %s stays down where its configuration is unusable', async (part) => {
  const { ended, log } = installed({ part, config: 'environment: localhost\nmisspelt: 1\n' });
  const status = await ended;
  expect({ status, log: log() }).toMatchObject({ status: 2, log: expect.stringContaining('misspelt: no such option') });
  const text = readFileSync(unit(part), 'utf8');
  expect(text).toContain(`RestartPreventExitStatus=${status}\n`);
});
