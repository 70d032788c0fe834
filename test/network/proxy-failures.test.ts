/**
 * Each command of the proxy's scripts fails once, for both images: the script stops there, says which one it was, and
 * never reports itself ready. The programs are stubs that note their call; the shell is the real one.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SQUID_FAILED_MARKER, SQUID_READY_MARKER, squidUserData } from '#domain/workspace/squid-user-data.ts';
import { createInstance, type Instance } from './instance.ts';
import { VPC_CIDR } from './network.ts';

/** The call of this number fails. */
const FAILS = '[ "$(wc -l < /calls)" = "$FAIL_AT" ] && exit 9';
const OR_FAILS = `${FAILS}\nexit 0`;
const really = (program: string) => `${FAILS}\nexec ${program} "$@"`;
const certificates = `${FAILS}\nwhile [ $# -gt 0 ]; do case "$1" in -keyout | -out) echo pem > "$2" ;; esac; shift; done`;

const STUBS = {
  dnf: OR_FAILS,
  yum: OR_FAILS,
  sleep: '',
  cat: really('/bin/cat'),
  mkdir: really('/bin/mkdir'),
  chmod: really('/bin/chmod'),
  chown: OR_FAILS,
  openssl: certificates,
  sysctl: OR_FAILS,
  systemctl: OR_FAILS,
  iptables: OR_FAILS,
  runuser: OR_FAILS,
};

/** Its folder is no link here: these stubs stand in it. */
const GENERATOR = `#!/bin/bash\necho "generator $*" >> /calls\n${FAILS}\nmkdir -p "$3"\n`;

let instance: Instance;
beforeAll(() => {
  instance = createInstance(null, STUBS);
});
afterAll(() => instance?.remove());

interface Attempt {
  readonly status: number | null;
  readonly calls: readonly string[];
  readonly console: string;
}

/** From a clean system; the call of this number fails, none where it is 0. */
const attempt = (script: string, failAt: number): Attempt => {
  const clean = 'rm -rf /usr/lib64/squid /etc/squid /var/lib/squid; mkdir -p /usr/lib64/squid /etc/squid';
  instance.run(['/bin/sh', '-c', `PATH=/usr/bin:/bin; ${clean}`]);
  for (const name of ['security_file_certgen', 'ssl_crtd'])
    instance.write(`/usr/lib64/squid/${name}`, GENERATOR, 0o755);
  instance.write('/calls', '');
  instance.write('/dev/console', '');
  instance.write('/script', script, 0o755);
  const { status } = instance.run(['/script'], { FAIL_AT: String(failAt) });
  const calls = instance.read('/calls').split('\n').filter(Boolean);
  return { status, calls, console: instance.console() };
};

const eachBoot = (script: string) => /eyrie-squid <<'EYRIE'\n([\s\S]*?)\nEYRIE/.exec(script)?.[1] ?? '';

/** What may fail and is tried again, or does not matter. */
const FORGIVEN = /^(dnf|yum) install|^runuser |^systemctl disable --now ecs|^sleep /;

describe.each(['AL2023', 'AL2'] as const)('the set-up on %s', (family) => {
  const script = squidUserData({ family, vpcCidr: VPC_CIDR });

  test('runs to its end, and leaves what a boot needs', () => {
    const { status, calls, console } = attempt(script, 0);
    expect({ status, console }).toEqual({ status: 0, console: '' });
    expect(calls.at(-1)).toBe('systemctl start --no-block eyrie-squid');
    expect(instance.read('/etc/squid/squid.conf')).toContain('ssl_bump peek step2');
    expect(instance.read('/etc/squid/ssl/squid.pem')).toContain('pem');
    expect(instance.read('/etc/sysctl.d/90-eyrie.conf')).toContain('net.ipv4.ip_forward = 1');
    expect(instance.read('/etc/systemd/system/eyrie-squid.service')).toContain('/usr/local/sbin/eyrie-squid');
  });

  test('stops at whatever fails, and says so', () => {
    const good = attempt(script, 0).calls;
    expect(good.length).toBeGreaterThan(15);
    for (const [index, call] of good.entries()) {
      const { status, calls, console } = attempt(script, index + 1);
      expect(console, call).not.toContain(SQUID_READY_MARKER);
      if (FORGIVEN.test(call)) {
        expect({ call, status, console }).toEqual({ call, status: 0, console: '' });
        continue;
      }
      expect({ call, status: status === 0, last: calls.length }).toEqual({ call, status: false, last: index + 1 });
      expect(console, call).toMatch(new RegExp(`^${SQUID_FAILED_MARKER}: line \\d+, .* ended with 9\n$`));
    }
  });

  test('gives up after six tries to get its packages', () => {
    const installer = family === 'AL2' ? 'yum' : 'dnf';
    instance.write(`/stubs/${installer}`, `#!/bin/bash\necho "${installer} $*" >> /calls\nexit 9\n`, 0o755);
    try {
      const { status, calls, console } = attempt(script, 0);
      expect(status).not.toBe(0);
      expect(calls.filter((call) => call.startsWith(installer))).toHaveLength(6);
      expect(calls.filter((call) => !/^(yum|dnf|sleep) /.test(call))).toEqual([]);
      expect(console).toMatch(new RegExp(`^${SQUID_FAILED_MARKER}: line \\d+, `));
    } finally {
      instance.write(`/stubs/${installer}`, `#!/bin/bash\necho "${installer} $*" >> /calls\n${OR_FAILS}\n`, 0o755);
    }
  });
});

test('at each boot it stops where a rule fails, and asks again where an answer does', () => {
  const script = eachBoot(squidUserData({ family: 'AL2023', vpcCidr: VPC_CIDR }));
  const good = attempt(script, 0);
  expect(good).toMatchObject({ status: 0, console: `${SQUID_READY_MARKER}\n` });
  for (const [index, call] of good.calls.entries()) {
    const { status, calls, console } = attempt(script, index + 1);
    if (call.startsWith('runuser ')) {
      expect({ call, status, console }).toEqual({ call, status: 0, console: `${SQUID_READY_MARKER}\n` });
      expect(calls.filter((each) => each.startsWith('runuser ')).length).toBeGreaterThan(2);
      continue;
    }
    expect({ call, failed: status !== 0, last: calls.length }).toEqual({ call, failed: true, last: index + 1 });
    expect(console, call).toMatch(new RegExp(`^${SQUID_FAILED_MARKER}: line \\d+, iptables .* ended with 9\n$`));
  }
});
