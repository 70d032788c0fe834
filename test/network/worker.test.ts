/** A worker's first boot: the real shell, Python and file system, an archive like that of the AWS CLI, and stubs. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { CLI_MISSING_MARKER, CLI_PATH } from '#domain/workspace/user-data.ts';
import { createInstance, type Instance } from './instance.ts';
import { workerConfig, workerScript } from './worker-script.ts';

/** The call of this number fails. */
const FAILS = '[ "$(wc -l < /calls)" = "$FAIL_AT" ] && exit 9';
const really = (program: string) => `${FAILS}\nexec ${program} "$@"`;

const STUBS = {
  // Gives the archive to whoever asks for one.
  curl: `${FAILS}\nwhile [ "$1" != --output ]; do shift; done\n/bin/cp /archive.zip "$2"`,
  python3: really('/usr/bin/python3'),
  chmod: really('/bin/chmod'),
  mkdir: really('/bin/mkdir'),
  cp: really('/bin/cp'),
  ln: really('/bin/ln'),
  rm: really('/bin/rm'),
  docker: 'cat > /password',
  systemctl: '',
  sleep: '',
};

const CLI = '#!/bin/sh\\ncase "$1" in --version) echo aws-cli/2 ;; *) echo "password of $*" ;; esac\\n';
const ARCHIVE = [
  'import zipfile',
  'with zipfile.ZipFile("/archive.zip", "w") as archive:',
  `    archive.writestr("aws/dist/aws", '${CLI}')`,
  '    archive.writestr("aws/dist/lib/data", "data")',
].join('\n');

const instances: Instance[] = [];
let instance: Instance;
beforeEach(() => {
  instance = createInstance(null, STUBS);
  instances.push(instance);
  // What the image is without: had it been used, the boot would fail.
  instance.write('/usr/bin/unzip', '#!/bin/sh\nexit 127\n', 0o755);
  instance.write('/archive.py', ARCHIVE);
  expect(instance.run(['/usr/bin/python3', '/archive.py'])).toEqual({ status: 0, output: '' });
  for (const { path, content } of workerConfig('AL2023').write_files ?? []) instance.write(path, content);
  instance.write('/script', workerScript('AL2023'), 0o755);
  instance.write('/calls', '');
});
afterAll(() => {
  for (const each of instances) each.remove();
});

/** What the ECS agent's unit asks before it starts, as our drop-in has it. */
const mayStart = (): boolean => {
  const command = /^ExecStartPre=(.*)$/m.exec(instance.read('/etc/systemd/system/ecs.service.d/10-eyrie.conf'))?.[1];
  return instance.run((command ?? 'missing').split(' ')).status === 0;
};

const calls = () => instance.read('/calls').split('\n').filter(Boolean);

test('it unpacks the CLI without unzip, logs in to the registries, and lets the agent start', () => {
  expect(mayStart()).toBe(false);
  expect(instance.run(['/script']).status).toBe(0);
  expect(instance.run([CLI_PATH.AL2023, '--version']).output).toBe('aws-cli/2\n');
  expect(instance.read('/opt/nextflow/aws-cli/dist/lib/data')).toBe('data');
  expect(instance.console()).toBe('');
  expect(mayStart()).toBe(true);
  expect(calls()[0]).toBe('systemctl daemon-reload');
  expect(calls().find((call) => call.startsWith('curl '))).toMatch(
    /https:\/\/awscli\.amazonaws\.com\/awscli-exe-linux-\w+-[\d.]+\.zip/,
  );
  expect(calls().at(-1)).toMatch(/^docker login --username AWS --password-stdin 123456789012\./);
  expect(instance.read('/password')).toBe('password of ecr get-login-password --region us-east-1\n');
});

test('a second boot finds the CLI where it is', () => {
  instance.run(['/script']);
  instance.write('/calls', '');
  expect(instance.run(['/script']).status).toBe(0);
  expect(calls().filter((call) => call.startsWith('curl '))).toEqual([]);
});

test('whatever fails on the way is tried again, and until then no job is taken', () => {
  instance.run(['/script']);
  const good = calls();
  const steps = good.filter((call) => /^(curl|python3|chmod|mkdir|cp|ln) /.test(call));
  expect(steps.map((call) => call.split(' ')[0])).toEqual(['curl', 'python3', 'chmod', 'mkdir', 'cp', 'ln']);
  for (const step of steps) {
    instance.run(['/bin/rm', '-rf', '/opt/nextflow']);
    instance.write('/calls', '');
    instance.write('/dev/console', '');
    const { status } = instance.run(['/script'], { FAIL_AT: String(good.indexOf(step) + 1) });
    expect({ step, status, console: instance.console() }).toEqual({
      step,
      status: 0,
      console: `${CLI_MISSING_MARKER}\n`,
    });
    expect(mayStart(), step).toBe(true);
  }
});

test('without an archive it goes on trying, and the agent stays down', () => {
  // The eighth pause ends the boot from outside.
  instance.write('/stubs/curl', '#!/bin/sh\necho "curl $*" >> /calls\nexit 22\n', 0o755);
  instance.write(
    '/stubs/sleep',
    '#!/bin/sh\necho "sleep $*" >> /calls\n[ "$(grep -c ^sleep /calls)" -lt 8 ] || kill -KILL "$PPID"\n',
    0o755,
  );
  expect(instance.run(['/script']).status).not.toBe(0);
  expect(instance.console()).toBe(`${CLI_MISSING_MARKER}\n`);
  expect(calls().filter((call) => call.startsWith('curl '))).toHaveLength(8);
  expect(mayStart()).toBe(false);
  expect(calls().some((call) => call.startsWith('docker '))).toBe(false);
});
