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
  let apis: readonly string[] = [];
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
  let closed = false;
  const asking = (async () => {
    while (!closed) {
      const answers = await Promise.all(apis.map(answersReady));
      ready = apis.filter((_, nth) => answers[nth]);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  })();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set: (given) => {
      apis = given;
    },
    isReady: (api) => ready.includes(api),
    async close() {
      closed = true;
      for (const socket of sockets) socket.destroy();
      await Promise.all([asking, new Promise((resolve) => server.close(resolve))]);
    },
  };
};
