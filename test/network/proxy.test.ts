/** What the rendered proxy lets through, asked with a real Squid between real (if small) networks. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FORWARD_PORT, HTTPS_PORT, SQUID_FILES } from '#domain/workspace/squid-conf.ts';
import { SQUID_READY_MARKER } from '#domain/workspace/squid-user-data.ts';
import { createNetwork, type Network, ORIGINS, PROXY_ADDRESS } from './network.ts';
import { createProxyInstance, type ProxyInstance } from './proxy-instance.ts';

const [HERE, THERE, READY] = ORIGINS;

/** What the proxy's name server says to a job that goes to `HERE`. Names of their own, since Squid remembers answers. */
const DNS: Readonly<Record<string, readonly string[]>> = {
  'the same address': [HERE],
  'another address': [THERE],
  'several others': [THERE, READY],
  'no address': [],
};
/** A name with many addresses that change all the time, one of the commons' own, and one that nobody has listed. */
const namesOf = (index: number) => ({
  allowed: [`bucket-${index}.s3.us-east-1.amazonaws.com`, `host-${index}.data.example.org`] as const,
  forbidden: `host-${index}.example.net`,
});
const [SAME, OTHER] = [namesOf(0).allowed[0], namesOf(1).allowed[0]];

let network: Network;
let proxy: ProxyInstance;

beforeAll(async () => {
  const known = Object.values(DNS).flatMap((addresses, index) => {
    const { allowed, forbidden } = namesOf(index);
    return [...allowed, forbidden].map((name) => [name, addresses] as const);
  });
  network = await createNetwork(
    ['*.s3.us-east-1.amazonaws.com', '*.data.example.org', '*.example.net', 'checkip.amazonaws.com'],
    Object.fromEntries([...known, ['checkip.amazonaws.com', [READY]]]),
  );
  proxy = createProxyInstance(network);
  const { status, output } = proxy.boot();
  if (status !== 0) throw new Error(output);
});

afterAll(async () => {
  proxy?.halt();
  proxy?.remove();
  await network?.remove();
});

interface Answer {
  /** curl's: 0 where there was an answer. */
  readonly exit: number | null;
  readonly status: string;
  readonly body: string;
  readonly error: string;
}

const curl = (namespace: string, ...args: string[]): Answer => {
  const all = [
    '--silent',
    '--show-error',
    '--max-time',
    '15',
    '--cacert',
    network.caFile,
    '--write-out',
    '\n%{http_code}',
  ];
  const {
    status: exit,
    stdout,
    stderr,
  } = spawnSync('ip', ['netns', 'exec', namespace, 'curl', ...all, ...args], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  const lines = stdout.trimEnd().split('\n');
  return { exit, status: lines.at(-1) ?? '', body: lines.slice(0, -1).join('\n').trim(), error: stderr.trim() };
};

/** A job that goes to this address for this name, whatever the proxy's own name server says. */
const ask = (scheme: 'http' | 'https', name: string, address: string, ...more: string[]): Answer =>
  curl(network.job, '--resolve', `${name}:${scheme === 'http' ? 80 : 443}:${address}`, ...more, `${scheme}://${name}/`);

test('it reports itself once it has answered through both intercepted ports', async () => {
  await expect.poll(() => proxy.console()).toBe(`${SQUID_READY_MARKER}\n`);
  const log = () => proxy.read('/var/log/squid/access.log');
  expect(log()).toMatch(new RegExp(`${PROXY_ADDRESS} TCP_MISS/200 .* http://checkip.amazonaws.com/ `));
  // A tunnel is logged when it has ended: as 500 where the origin's farewell, 24 bytes after all the rest, comes when the
  // client has gone already. What it has carried before is the same.
  await expect.poll(log).toMatch(new RegExp(`${PROXY_ADDRESS} TCP_TUNNEL/(?:200|500) \\d{4,} CONNECT ${READY}:443`));
});

describe.each(Object.keys(DNS).map((title, index) => ({ title, ...namesOf(index) })))(
  'where its DNS answers with $title',
  ({ allowed, forbidden }) => {
    test.each(allowed.flatMap((name) => ['1.2', '1.3'].map((version) => [name, version] as const)))(
      'TLS for %s passes, version %s',
      (name, version) => {
        const answer = ask('https', name, HERE, `--tlsv${version}`, '--tls-max', version);
        expect(answer).toEqual({ exit: 0, status: '200', body: `https ${HERE} ${name}`, error: '' });
      },
    );

    test.each(allowed)('plain HTTP for %s passes', (name) => {
      expect(ask('http', name, HERE)).toEqual({ exit: 0, status: '200', body: `http ${HERE} ${name}`, error: '' });
    });

    test('a name that is not listed gets no TLS, and 403 without', () => {
      // The connection ends before any certificate was shown.
      expect(ask('https', forbidden, HERE)).toMatchObject({ exit: 35, status: '000', body: '' });
      expect(ask('http', forbidden, HERE)).toMatchObject({ exit: 0, status: '403' });
    });
  },
);

test('a hello without a name gets no TLS, and an address in place of a name 403', () => {
  expect(curl(network.job, '--insecure', `https://${HERE}/`)).toMatchObject({ exit: 35, status: '000' });
  expect(curl(network.job, `http://${HERE}/`)).toMatchObject({ exit: 0, status: '403' });
});

test('a hello that is longer than a packet passes', () => {
  const protocols = ['http/1.1', ...Array.from({ length: 300 }, (_, index) => `protocol-${index}`)].join(',');
  const name = OTHER;
  const client = ['openssl', 's_client', '-connect', `${HERE}:443`, '-servername', name, '-CAfile', network.caFile];
  const { stdout } = spawnSync(
    'ip',
    ['netns', 'exec', network.job, ...client, '-verify_return_error', '-verify_hostname', name, '-alpn', protocols],
    { encoding: 'utf8', input: '' },
  );
  expect(stdout).toContain('Verify return code: 0 (ok)');
});

test('nothing but the web gets out', () => {
  const name = OTHER;
  const other = () => curl(network.job, '--resolve', `${name}:8443:${HERE}`, `https://${name}:8443/`);
  expect(other()).toMatchObject({ exit: 7, status: '000' });
  // Control: it is the proxy's rule that stops it.
  expect(proxy.run(['iptables', '-F', 'FORWARD']).status).toBe(0);
  expect(other()).toMatchObject({ exit: 0, status: '200' });
  const rule = ['-s', '192.168.0.0/16', '!', '-d', '192.168.0.0/16', '-j', 'REJECT'];
  expect(proxy.run(['iptables', '-A', 'FORWARD', ...rule]).status).toBe(0);
  expect(other()).toMatchObject({ exit: 7, status: '000' });
});

describe('the forward port', () => {
  const name = OTHER;
  const { forbidden } = namesOf(1);
  const through = (namespace: string, host: string, url: string) =>
    curl(namespace, '--proxy', `http://${host}:${FORWARD_PORT}`, url);

  test('is closed to the jobs', () => {
    for (const host of ['192.168.0.1', PROXY_ADDRESS]) {
      expect(through(network.job, host, `http://${name}/`)).toMatchObject({ exit: 7, status: '000' });
    }
  });

  test('lets the instance itself reach what is listed, and no more', () => {
    const own = (url: string) => through(network.proxy, '127.0.0.1', url);
    expect(own(`http://${name}/`)).toMatchObject({ exit: 0, status: '200', body: `http ${THERE} ${name}` });
    expect(own(`https://${name}/`)).toMatchObject({ exit: 0, status: '200', body: `https ${THERE} ${name}` });
    expect(own(`http://${forbidden}/`)).toMatchObject({ exit: 0, status: '403' });
    expect(own(`https://${forbidden}/`)).toMatchObject({
      exit: 56,
      status: '000',
      error: expect.stringContaining('403'),
    });
    expect(own(`https://${name}:8443/`)).toMatchObject({
      exit: 56,
      status: '000',
      error: expect.stringContaining('403'),
    });
  });
});

/** Squid with another configuration, until the end of the work. */
const withConfiguration = async (change: (text: string) => string, work: () => Promise<void>) => {
  const rendered = proxy.read(SQUID_FILES.conf);
  const apply = (text: string) => {
    proxy.halt();
    proxy.write(SQUID_FILES.conf, text);
    expect(proxy.run(['systemctl', 'restart', 'squid']).status).toBe(0);
  };
  apply(change(rendered));
  try {
    await work();
  } finally {
    apply(rendered);
  }
};

test('control: spliced at the second step, a name passes or not as its DNS answers', async () => {
  await withConfiguration(
    (text) => text.replace('ssl_bump peek step2\n', ''),
    async () => {
      await expect.poll(() => ask('https', SAME, HERE).status).toBe('200');
      expect(ask('https', OTHER, HERE)).toMatchObject({ exit: 35, status: '000' });
      expect(proxy.read('/var/log/squid/access.log')).toMatch(new RegExp(`/409 .* CONNECT ${OTHER}:443`));
    },
  );
});

test('control: it does not report itself while the intercepted TLS port is dead', async () => {
  await withConfiguration(
    (text) => text.replace(`https_port ${HTTPS_PORT}`, 'https_port 3131'),
    async () => {
      proxy.write('/dev/console', '');
      proxy.write('/boot.log', '');
      expect(proxy.reboot().status).toBe(0);
      // Plain HTTP has answered, since the next line is about the other port.
      await expect.poll(() => proxy.read('/boot.log')).toMatch(/checkip.amazonaws.com port 443/);
      expect(proxy.console()).toBe('');
    },
  );
});
