/** A server in N processes: `node processes-main.ts N`. Prints its port when all listen; each answer names its process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Registry } from 'prom-client';
import { stopServer, track } from '#api/stop-server.ts';
import { collectMetrics, runProcesses, shareMetrics } from '#s3/processes.ts';

await runProcesses({
  count: Number(process.argv[2]),
  async serve() {
    const registry = new Registry();
    shareMetrics(registry);
    const requests = new Counter({ name: 'requests_total', help: 'x', registers: [registry] });
    const server = createServer(async (req, res) => {
      if (req.url === '/metrics') return void res.end(await collectMetrics(registry));
      if (req.url === '/die') process.exit(7);
      if (req.url === '/hold') return void res.writeHead(200, { connection: 'close' }).write('held');
      requests.inc();
      return void res.writeHead(200, { connection: 'close' }).end(String(process.pid));
    });
    const tracked = track(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      ready: { port: (server.address() as AddressInfo).port },
      stop: (how) => stopServer(tracked, 60_000, how),
    };
  },
  onReady: (ready) => void process.stdout.write(`${JSON.stringify({ ...ready, pid: process.pid })}\n`),
  onDeath: (_pid, code) => void process.stdout.write(`${JSON.stringify({ died: code })}\n`),
});
