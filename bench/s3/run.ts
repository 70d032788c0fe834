/**
 * CPU of the product per request and per GiB, divided by that of nginx passing the same load through in the same round.
 *
 *     npm run bench:s3 -- [--rounds 5] [--peers nginx,eyrie,undici,naive,direct] [--only get-1k,…] [--tls] [--quick]
 *                         [--phases warm,first,two,neighbour,memory] [--json FILE]
 *
 * Phases: `first`, the first requests of a process that has just been started; `warm`, after three rounds of warming up;
 * `two`, two processes; `neighbour`, one user's GETs while another drips 128 uploads; `memory`, 64 uploads of 1 GiB at once.
 *
 * Needs nginx and taskset on PATH. What is measured gets core 0, load and upstream core 1.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstLine, folder, here, OTHERS, startChild, stopAll, stopChild } from './children.ts';
import { type Measured, measure, median } from './measure.ts';
import { direct, type Peer, startNaive, startNginx } from './peers.ts';
import { type Product, startProduct, startSurroundings } from './product.ts';
import { type Compared, compare, note, print, type Rounds, say } from './report.ts';
import { type Scenario, scenarios, UPLOADS, warmUp } from './scenarios.ts';
import { signS3 } from './sign.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'nginx,eyrie' },
    phases: { type: 'string', default: 'first,warm,two,neighbour' },
    only: { type: 'string' },
    tls: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const ROUNDS = Number(values.rounds);
const SCENARIOS = scenarios(values.only, values.quick ? 0.25 : 1);
const results: Record<string, Record<string, Compared>> = {};

const certificate = (): { readonly cert: string; readonly key: string } => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const args = [
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
    ...subject,
  ];
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { cert, key };
};

const tls = values.tls ? certificate() : undefined;
const upstream = startChild(OTHERS, process.execPath, [here('./upstream.ts')], {
  env: tls ? { TLS_CERT: tls.cert, TLS_KEY: tls.key } : {},
});

const finish = (title: string, scenario: Scenario, rounds: Rounds): void => {
  const compared = compare(rounds);
  results[title] = compared;
  print(`${title}${tls ? ', TLS upstream' : ''}`, scenario, compared);
};

async function main(): Promise<void> {
  const { port } = await firstLine<{ port: number }>(upstream);
  const surroundings = await startSurroundings();
  const product = (name: 'eyrie' | 'undici' = 'eyrie', processes = 1): Promise<Product> =>
    startProduct(surroundings, {
      name: processes === 1 ? name : `${name} ×${processes}`,
      client: name === 'undici' ? 'undici' : 'lean',
      processes,
      upstreamPort: port,
      caFile: tls?.cert,
    });
  const nginx = await startNginx(port, tls !== undefined);

  const peerOf = async (name: string): Promise<Peer> => {
    if (name === 'nginx') return nginx;
    if (name === 'direct') return direct(port);
    if (name === 'naive') return await startNaive(port, tls?.cert);
    return await product(name === 'undici' ? 'undici' : 'eyrie');
  };

  const phases: Record<string, () => Promise<void>> = {
    async first() {
      for (const scenario of SCENARIOS) {
        const rounds: Rounds = {};
        for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
          note(rounds, 'nginx', await measure(nginx, scenario));
          const fresh = await product();
          note(rounds, 'eyrie', await measure(fresh, scenario));
          await fresh.stop();
        }
        finish(`first ${scenario.name}`, scenario, rounds);
      }
    },
    async warm() {
      await sideBySide('', await Promise.all(values.peers.split(',').map(peerOf)));
    },
    async two() {
      const both = await product('eyrie', 2);
      await sideBySide('two processes ', [nginx, both]);
      await both.stop();
    },
    async neighbour() {
      const shared = await product();
      const [scenario] = scenarios('get-1k', 0.25) as [Scenario];
      const other: Peer = { ...shared, ...shared.neighbour() };
      await measure(other, warmUp(warmUp(scenario)));
      const idle: Measured[] = [];
      const disturbed: Measured[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        idle.push(await measure(other, scenario));
        const path = `/s3/${shared.bucket}/drip`;
        const head = await signS3({ ...shared, method: 'PUT', path, bodyBytes: 1024 * 1024 });
        const drip = { port: shared.port, head, connections: 128, bytesPerSecond: 120 };
        const dripping = startChild(OTHERS, process.execPath, [here('./drip.ts'), JSON.stringify(drip)]);
        await firstLine(dripping);
        disturbed.push(await measure(other, scenario));
        await stopChild(dripping);
      }
      const [alone, beside] = [idle, disturbed].map((list) => median(list.map((one) => one.p99Ms))) as [number, number];
      say(
        `\nneighbour of 128 dripping uploads, get-1k: p99 ${alone.toFixed(2)} ms alone, ${beside.toFixed(2)} ms beside them`,
      );
      say(`ratio ${(beside / alone).toFixed(2)}`);
      await shared.stop();
    },
    async memory() {
      const one = await product();
      const { rssMiB } = await measure(one, UPLOADS);
      say(`\n64 uploads of 1 GiB at once: at most ${rssMiB.toFixed(0)} MiB resident`);
      await one.stop();
    },
  };
  for (const phase of values.phases.split(',')) {
    const run = phases[phase];
    if (!run) throw new Error(`no phase ${phase}: there are ${Object.keys(phases).join(', ')}`);
    await run();
  }
  if (values.json) writeFileSync(values.json, JSON.stringify(results, null, 2));
}

/** All of them warmed up, then taking turns. */
async function sideBySide(title: string, peers: readonly Peer[]): Promise<void> {
  for (const scenario of SCENARIOS) {
    const rounds: Rounds = {};
    for (const peer of peers) await measure(peer, warmUp(scenario));
    for (let round = 0; round < ROUNDS; round++) {
      for (const peer of peers) note(rounds, peer.name, await measure(peer, scenario));
    }
    finish(`${title}${scenario.name}`, scenario, rounds);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void stopAll().then(() => process.exit(1)));
}
try {
  await main();
} finally {
  await stopAll();
}
