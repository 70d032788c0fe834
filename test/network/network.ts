/**
 * A workspace's network out of namespaces: the job's instance, the proxy's between it and the internet, and the internet.
 * Nothing of it touches the machine's own network.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { must } from './instance.ts';

export const VPC_CIDR = '192.168.0.0/16';
export const PROXY_ADDRESS = '192.168.192.10';
/** Of the internet's servers: each has all names. */
export const ORIGINS = ['203.0.113.10', '203.0.113.11', '203.0.113.12'] as const;

export interface Network {
  readonly job: string;
  readonly proxy: string;
  /** PEM file of the CA that the internet's certificates are from. */
  readonly caFile: string;
  remove(): Promise<void>;
}

const started = async (namespace: string, program: string, ...args: string[]): Promise<ChildProcess> => {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, file, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const first = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [''])]);
  if (!String(first[0]).includes('ready')) throw new Error(`${program} did not start in ${namespace}`);
  return child;
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = once(child, 'exit');
  child.kill('SIGKILL');
  await end;
};

/** A CA of the test's own, and one certificate for all names. */
const makeCertificates = (folder: string, names: readonly string[]): void => {
  const at = (name: string) => join(folder, name);
  writeFileSync(at('names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  const key = ['-newkey', 'rsa:2048', '-nodes'];
  must(
    'openssl',
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=ca',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  );
  must('openssl', 'req', ...key, '-subj', '/CN=origin', '-keyout', at('key'), '-out', at('request'));
  const signed = [
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('names'),
  ];
  must('openssl', 'x509', '-req', '-in', at('request'), ...signed, '-out', at('crt'));
};

/**
 * @param names that the internet's certificate is for
 * @param dns what the proxy's name server knows; a job goes where its test says
 */
export const createNetwork = async (
  names: readonly string[],
  dns: Readonly<Record<string, readonly string[]>>,
): Promise<Network> => {
  const id = `ey${process.pid}`;
  const [job, proxy, internet] = [`${id}-job`, `${id}-proxy`, `${id}-net`];
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-network-'));
  makeCertificates(folder, names);
  const ip = (...args: string[]) => must('ip', ...args);
  const pair = (inner: string, outer: string) => {
    ip('link', 'add', 'up0', 'netns', inner, 'type', 'veth', 'peer', 'name', 'down0', 'netns', outer);
  };
  const address = (namespace: string, device: string, cidr: string) => {
    ip('-n', namespace, 'address', 'add', cidr, 'dev', device);
    ip('-n', namespace, 'link', 'set', device, 'up');
  };
  for (const namespace of [job, proxy, internet]) {
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  pair(job, proxy);
  address(job, 'up0', '192.168.0.10/18');
  address(proxy, 'down0', '192.168.0.1/18');
  pair(proxy, internet);
  address(proxy, 'up0', `${PROXY_ADDRESS}/18`);
  address(internet, 'down0', '192.168.192.1/18');
  for (const origin of ORIGINS) address(internet, 'lo', `${origin}/32`);
  ip('-n', job, 'route', 'add', 'default', 'via', '192.168.0.1');
  ip('-n', proxy, 'route', 'add', 'default', 'via', '192.168.192.1');
  // What gets past the proxy would find its way back, too: that it can't is the proxy's own doing.
  ip('-n', internet, 'route', 'add', '192.168.0.0/18', 'via', PROXY_ADDRESS);

  const origins = await started(internet, 'origins.ts', join(folder, 'key'), join(folder, 'crt'), ...ORIGINS);
  const server = await started(proxy, 'dns.ts', JSON.stringify(dns));
  return {
    job,
    proxy,
    caFile: join(folder, 'ca.crt'),
    async remove() {
      await stop(server);
      await stop(origins);
      for (const namespace of [job, proxy, internet]) ip('netns', 'delete', namespace);
      rmSync(folder, { recursive: true });
    },
  };
};
