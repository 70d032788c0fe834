/** The proxy's instance: its user data as it is rendered, between stubs for what only Amazon Linux has. */
import { readFileSync } from 'node:fs';
import { SQUID_FILES } from '#domain/workspace/squid-conf.ts';
import { squidUserData } from '#domain/workspace/squid-user-data.ts';
import { createInstance, type Instance, type Ran } from './instance.ts';
import { type Network, VPC_CIDR } from './network.ts';

/**
 * systemd plays itself: it starts what the script tells it to start, each as a process group of its own whose leader it
 * remembers. sysctl reads our file alone: what the machine has in others is no business of a test.
 */
const STUBS = {
  dnf: '',
  sysctl: '/usr/sbin/sysctl --quiet --load=/etc/sysctl.d/90-eyrie.conf',
  systemctl: [
    'start() { setsid "$@" < /dev/null >> "/$name.log" 2>&1 & echo $! >> /started; }',
    'case "$*" in',
    `  "restart squid") name=squid; rm -f /run/squid.pid; start squid -N -f ${SQUID_FILES.conf} ;;`,
    '  "start --no-block eyrie-squid") name=boot; start /usr/local/sbin/eyrie-squid ;;',
    'esac',
  ].join('\n'),
};

/** Debian's Squid lies in another folder and runs as another user than Amazon's: a link and a user make up for it. */
const AS_ON_AMAZON_LINUX = [
  'id squid || useradd --system squid',
  // Relative: it is followed from outside, too.
  'ln -sfn ../lib/squid /usr/lib64/squid',
  'mkdir -p /var/log/squid',
  'chown squid /var/log/squid',
].join(' && ');

export interface ProxyInstance extends Instance {
  /** Its first boot. */
  boot(): Ran;
  /** What its unit runs at each later one. */
  reboot(): Ran;
  /** Ends what it has started. */
  halt(): void;
}

export const createProxyInstance = ({ proxy, caFile }: Network): ProxyInstance => {
  const instance = createInstance(proxy, STUBS);
  const trust = { CURL_CA_BUNDLE: '/ca.pem' };
  try {
    const { status, output } = instance.run(['sh', '-c', AS_ON_AMAZON_LINUX]);
    if (status !== 0) throw new Error(output);
    instance.write('/ca.pem', readFileSync(caFile, 'utf8'));
    instance.write('/etc/resolv.conf', 'nameserver 127.0.0.1\n');
    const script = squidUserData({ family: 'AL2023', vpcCidr: VPC_CIDR, moreDomains: ['.data.example.org'] });
    instance.write('/user-data', script, 0o755);
  } catch (error) {
    instance.remove();
    throw error;
  }
  return {
    ...instance,
    boot: () => instance.run(['/user-data'], trust),
    reboot: () => instance.run(['systemctl', 'start', '--no-block', 'eyrie-squid'], trust),
    halt() {
      for (const pid of instance.read('/started').split('\n').filter(Boolean)) {
        try {
          process.kill(-Number(pid), 'SIGKILL');
        } catch {
          // It has ended by itself.
        }
      }
      instance.write('/started', '');
    },
  };
};
