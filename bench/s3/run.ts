/**
 * CPU of the proxy per request and per GiB, divided by that of nginx passing the same load through in the same round.
 *
 *     npm run bench:s3 -- [--rounds 5] [--peers nginx,lean,undici,naive,direct] [--only get-1k,…] [--tls] [--quick] [--json FILE]
 *     npm run bench:s3 -- --memory
 *
 * `--memory` measures what the proxy holds while 64 uploads of 1 GiB are under way.
 *
 * Needs nginx and taskset on PATH. The proxy and nginx get core 0, load and upstream core 1.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { signS3 } from './sign.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'nginx,lean,undici,naive' },
    only: { type: 'string' },
    tls: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    memory: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

interface Scenario {
  readonly name: string;
  readonly method: 'GET' | 'PUT';
  readonly bytes: number;
  readonly connections: number;
  readonly requests: number;
}

const MIB = 1024 * 1024;
const factor = values.quick ? 0.25 : 1;
const UPLOADS: Scenario = { name: 'put-1g', method: 'PUT', bytes: 1024 * MIB, connections: 64, requests: 64 };
const SCENARIOS: Scenario[] = (
  [
    { name: 'get-1k', method: 'GET', bytes: 1024, connections: 32, requests: 20_000 },
    { name: 'put-1k', method: 'PUT', bytes: 1024, connections: 32, requests: 20_000 },
    { name: 'get-64m', method: 'GET', bytes: 64 * MIB, connections: 8, requests: 32 },
    { name: 'put-8m', method: 'PUT', bytes: 8 * MIB, connections: 16, requests: 192 },
    { name: 'get-1k-1', method: 'GET', bytes: 1024, connections: 1, requests: 3_000 },
  ] as const
)
  .filter(({ name }) => !values.only || values.only.split(',').includes(name))
  .map((scenario) => ({ ...scenario, requests: Math.ceil(scenario.requests * factor) }));

const folder = mkdtempSync(join(tmpdir(), 'bench-s3-'));
const children: ChildProcess[] = [];
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

const startChild = (core: number, command: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess => {
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  children.push(child);
  return child;
};

const firstLine = async <T>(child: ChildProcess): Promise<T> =>
  JSON.parse(
    await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve);
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    }),
  ) as T;

interface Peer {
  readonly name: string;
  readonly port: number;
  /** The processes whose CPU and memory count. */
  readonly pids: () => number[];
  /** Below the host. */
  readonly prefix: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly bucket: string;
}

const PLAIN = {
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
  bucket: 'gen3wf-localhost-bench',
};

async function startNginx(upstreamPort: number): Promise<Peer> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  mkdirSync(join(folder, 'nginx'), { recursive: true });
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx/pid; error_log ${folder}/nginx/error.log;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}/nginx; proxy_temp_path ${folder}/nginx; fastcgi_temp_path ${folder}/nginx;
  uwsgi_temp_path ${folder}/nginx; scgi_temp_path ${folder}/nginx; keepalive_requests 1000000000;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port}; client_max_body_size 0; client_body_buffer_size 64k; large_client_header_buffers 4 32k;
    location / {
      proxy_pass ${values.tls ? 'https' : 'http'}://up; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_buffer_size 64k; proxy_buffers 16 64k; proxy_busy_buffers_size 256k; proxy_max_temp_file_size 0;
    }
  }
}`,
  );
  const master = startChild(0, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder]);
  await untilOpen(port);
  const workers = (): number[] =>
    readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim().split(' ').map(Number);
  return { name: 'nginx', port, pids: workers, prefix: '', ...PLAIN };
}

async function untilOpen(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`nothing listens on ${port}`);
}

async function startPeer(name: string, upstreamPort: number, ca: string | undefined): Promise<Peer> {
  if (name === 'nginx') return startNginx(upstreamPort);
  const endpoint = `${ca ? 'https' : 'http'}://127.0.0.1:${upstreamPort}`;
  if (name === 'direct') return { name, port: upstreamPort, pids: () => [], prefix: '', ...PLAIN };
  const isNaive = name === 'naive';
  const child = startChild(
    0,
    process.execPath,
    [here(isNaive ? './naive.ts' : './serve.ts'), JSON.stringify({ endpoint, client: name, ...(ca && { ca }) })],
    isNaive && ca ? { NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') } : {},
  );
  const { port, pid, token } = await firstLine<{ port: number; pid: number; token?: string }>(child);
  const credentials = token ? { accessKeyId: token, secretAccessKey: 'N/A' } : PLAIN.credentials;
  return { name, port, pids: () => [pid], prefix: '/s3', bucket: PLAIN.bucket, credentials };
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK']).toString());

/** User and system time, from the scheduler where it tells (nanoseconds), else in ticks. */
function cpuSeconds(pids: number[]): number {
  let seconds = 0;
  for (const pid of pids) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    seconds += (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }
  return seconds;
}

const rssMiB = (pids: number[]): number =>
  pids.reduce(
    (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
    0,
  );

interface Measured {
  readonly cpuPerRequestUs: number;
  readonly cpuPerGiB: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
}

/** Median and extremes of the CPU divided by nginx's of the same round. */
interface Compared extends Measured {
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

async function measure(peer: Peer, { method, bytes, connections, requests }: Scenario): Promise<Measured> {
  const head = await signS3({
    ...peer,
    method,
    path: `${peer.prefix}/${peer.bucket}/objects/${bytes}`,
    bodyBytes: method === 'PUT' ? bytes : 0,
  });
  const load = { port: peer.port, head, bodyBytes: method === 'PUT' ? bytes : 0, connections, requests };
  const before = cpuSeconds(peer.pids());
  let rss = 0;
  const sampling = setInterval(() => {
    rss = Math.max(rss, rssMiB(peer.pids()));
  }, 25);
  const { seconds, done, p50Ms, p99Ms } = await firstLine<{
    seconds: number;
    done: number;
    p50Ms: number;
    p99Ms: number;
  }>(startChild(1, process.execPath, [here('./load.ts'), JSON.stringify(load)]));
  clearInterval(sampling);
  const cpu = cpuSeconds(peer.pids()) - before;
  return {
    cpuPerRequestUs: (cpu / done) * 1e6,
    cpuPerGiB: cpu / ((done * bytes) / 1024 ** 3),
    perSecond: done / seconds,
    p50Ms,
    p99Ms,
    rssMiB: rss,
  };
}

const median = (numbers: number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

/** V8 has compiled what is used often after some fifty thousand requests; a service runs for days. */
const warmUp = ({ bytes, requests }: Scenario): number => Math.ceil(requests * (bytes > MIB ? 0.5 : 3));

async function main(): Promise<void> {
  let ca: string | undefined;
  const env: NodeJS.ProcessEnv = {};
  if (values.tls) {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        key,
        '-out',
        cert,
        '-days',
        '2',
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    ca = readFileSync(cert, 'utf8');
    Object.assign(env, { TLS_CERT: cert, TLS_KEY: key });
  }
  const { port } = await firstLine<{ port: number }>(startChild(1, process.execPath, [here('./upstream.ts')], env));
  if (values.memory) {
    const { rssMiB } = await measure(await startPeer('lean', port, ca), UPLOADS);
    process.stdout.write(`64 uploads of 1 GiB at once: at most ${rssMiB.toFixed(0)} MiB resident\n`);
    return;
  }
  const peers: Peer[] = [];
  for (const name of values.peers.split(',')) peers.push(await startPeer(name, port, ca));
  const results: Record<string, Record<string, Compared>> = {};
  for (const scenario of SCENARIOS) {
    const rounds: Record<string, Measured[]> = {};
    for (const peer of peers) await measure(peer, { ...scenario, requests: warmUp(scenario) });
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const peer of peers) {
        const list = rounds[peer.name] ?? [];
        rounds[peer.name] = list;
        list.push(await measure(peer, scenario));
      }
    }
    results[scenario.name] = Object.fromEntries(
      peers.map(({ name }) => {
        const list = rounds[name] as Measured[];
        const of = (key: keyof Measured): number => median(list.map((one) => one[key]));
        const ratios = list.map((one, i) => one.cpuPerRequestUs / (rounds.nginx?.[i]?.cpuPerRequestUs ?? Number.NaN));
        return [
          name,
          {
            cpuPerRequestUs: of('cpuPerRequestUs'),
            cpuPerGiB: of('cpuPerGiB'),
            perSecond: of('perSecond'),
            p50Ms: of('p50Ms'),
            p99Ms: of('p99Ms'),
            rssMiB: Math.max(...list.map((one) => one.rssMiB)),
            ratio: median(ratios),
            ratioMin: Math.min(...ratios),
            ratioMax: Math.max(...ratios),
          },
        ];
      }),
    );
    print(scenario, results[scenario.name] as Record<string, Compared>);
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 2));
}

function print({ name, connections, requests }: Scenario, byPeer: Record<string, Compared>): void {
  process.stdout.write(
    `\n${name}: ${connections} connections, ${requests} requests a round, ${values.rounds} rounds${values.tls ? ', TLS upstream' : ''}\n`,
  );
  process.stdout.write(
    '| peer | CPU to nginx | (lowest, highest) | µs/request | s/GiB | requests/s | p50 ms | p99 ms | MiB |\n|---|---|---|---|---|---|---|---|---|\n',
  );
  for (const [peer, m] of Object.entries(byPeer)) {
    process.stdout.write(
      `| ${peer} | ${m.ratio.toFixed(2)} | ${m.ratioMin.toFixed(2)}, ${m.ratioMax.toFixed(2)} | ${m.cpuPerRequestUs.toFixed(1)} | ${m.cpuPerGiB.toFixed(2)} | ${m.perSecond.toFixed(0)} | ${m.p50Ms.toFixed(2)} | ${m.p99Ms.toFixed(2)} | ${m.rssMiB.toFixed(0)} |\n`,
    );
  }
}

try {
  await main();
} finally {
  for (const child of children) child.kill('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
}
