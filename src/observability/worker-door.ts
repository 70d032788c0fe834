/** What a worker serves over HTTP: its numbers, and whether it lives and works. Needs no token, and tells no secret. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createSocketServer } from 'node:net';
import type { Config } from '#config/schema.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

export interface WorkerDoor {
  readonly url: string;
  close(): void;
}

export interface WorkerDoorParts {
  readonly metrics: Pick<WorkerMetrics, 'registry'>;
  /** Port of Temporal's exporter. */
  readonly scrape: number | undefined;
  readonly isPolling: () => boolean;
}

const SCRAPE_MS = 2_000;

/** Undefined where none is configured. @throws Error where the port is taken */
export const openWorkerDoor = async (
  { metricsHost, metricsPort }: Config['worker'],
  { metrics, scrape, isPolling }: WorkerDoorParts,
): Promise<WorkerDoor | undefined> => {
  if (metricsPort === undefined) return undefined;
  const text = async (): Promise<string> => {
    const [own, temporals] = await Promise.all([metrics.registry.metrics(), scrapeTemporal(scrape)]);
    return `${own}\n${temporals}`;
  };
  const server = createServer((request, response) => {
    const say = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    switch (request.url?.split('?')[0]) {
      case '/metrics':
        text().then(
          (body) => say(200, metrics.registry.contentType, body),
          () => say(500, 'text/plain', 'the metrics can not be collected\n'),
        );
        return;
      case '/health/live':
        return say(200, 'application/json', '{"live":true}\n');
      case '/health/ready':
        return say(isPolling() ? 200 : 503, 'application/json', `{"ready":${isPolling()}}\n`);
      default:
        return say(404, 'text/plain', 'there are /metrics, /health/live and /health/ready\n');
    }
  });
  await listen(server, metricsPort, metricsHost);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${metricsHost.includes(':') ? `[${metricsHost}]` : metricsHost}:${port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** Its own numbers are worth having also while Temporal's are not. */
const scrapeTemporal = async (port: number | undefined): Promise<string> => {
  if (port === undefined) return '';
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
    return answer.ok ? await answer.text() : '';
  } catch {
    return '';
  }
};

/** Temporal's exporter tells nobody which port it took, so one is chosen for it. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createSocketServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
