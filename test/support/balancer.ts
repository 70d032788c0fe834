/**
 * What stands before the processes of an API in a cluster: connections are given to those that are ready, in turns, and
 * stay where they are. It asks for readiness now and then, so it learns of a change late.
 */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** A probe's interval, in small. */
const ASK_EVERY_MS = 100;

export interface Balancer {
  readonly url: string;
  /** By their URLs; those that were left out get nothing new. */
  readonly set: (apis: readonly string[]) => void;
  readonly isReady: (api: string) => boolean;
  readonly close: () => Promise<void>;
}

const answersReady = async (api: string): Promise<boolean> => {
  try {
    const answer = await fetch(`${api}/health/ready`, { headers: { connection: 'close' } });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
};

export const startBalancer = async (): Promise<Balancer> => {
  let ready: readonly string[] = [];
  let turn = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    turn += 1;
    const target = ready[turn % ready.length];
    if (target === undefined) return void client.destroy();
    const { port, hostname } = new URL(target);
    const upstream = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.once('error', () => other.destroy()).once('close', () => sockets.delete(one));
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const asking = new Map<string, NodeJS.Timeout>();
  /** Each by itself: one that answers slowly does not keep the news of another back. */
  const ask = async (api: string): Promise<void> => {
    const isReady = await answersReady(api);
    if (!asking.has(api)) return;
    ready = [...ready.filter((one) => one !== api), ...(isReady ? [api] : [])];
    asking.set(api, setTimeout(ask, ASK_EVERY_MS, api));
  };
  const balancer: Balancer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (apis) => {
      for (const [api, timer] of asking) {
        if (apis.includes(api)) continue;
        clearTimeout(timer);
        asking.delete(api);
      }
      ready = ready.filter((api) => apis.includes(api));
      for (const api of apis) if (!asking.has(api)) asking.set(api, setTimeout(ask, 0, api));
    },
    isReady: (api) => ready.includes(api),
    async close() {
      balancer.set([]);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return balancer;
};
