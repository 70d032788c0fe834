import { Agent, createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { stopServer, track } from '#api/stop-server.ts';

/** Long enough that a test which waited for it would fail by its own time. */
const NEVER_MS = 600_000;

const serve = async (withinMs: number) => {
  const held: ServerResponse[] = [];
  const server = createServer({ keepAliveTimeout: NEVER_MS }, (_req, res) => void held.push(res));
  const tracked = track(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    held,
    stop: (how?: { keepsListening: boolean }) => stopServer(tracked, withinMs, how),
    ask: () =>
      new Promise<string>((resolve, reject) => {
        get({ port, host: '127.0.0.1', agent }, async (answer: IncomingMessage) => {
          let text = '';
          for await (const chunk of answer) text += chunk;
          resolve(`${answer.headers.connection} ${text}`);
        }).on('error', reject);
      }),
  };
};

test('a response that is under way ends whole, and its connection with it', async () => {
  const { held, stop, ask } = await serve(NEVER_MS);
  const answer = ask();
  await expect.poll(() => held.length).toBe(1);
  held[0]?.write('first ');
  const stopped = stop();
  held[0]?.end('last');
  expect(await answer).toMatch(/ first last$/);
  await stopped;
});

test.each([
  ['nobody can connect', false],
  ['whoever connects is refused', true],
])(
  'a request that comes on an open connection meanwhile is answered as its last, where %s',
  async (_, keepsListening) => {
    const { held, stop, ask } = await serve(NEVER_MS);
    const [first, second] = [ask(), ask()]; // the second waits for the one connection
    await expect.poll(() => held.length).toBe(1);
    held[0]?.flushHeaders();
    const stopped = stop({ keepsListening });
    held[0]?.end('one');
    expect(await first).toBe('keep-alive one');
    await expect.poll(() => held.length).toBe(2);
    held[1]?.end('two');
    expect(await second).toBe('close two');
    await stopped;
  },
);

test('an answer that has not begun yet is the last one, too', async () => {
  const { held, stop, ask } = await serve(NEVER_MS);
  const answer = ask();
  await expect.poll(() => held.length).toBe(1);
  const stopped = stop();
  held[0]?.end('one');
  expect(await answer).toBe('close one');
  await stopped;
});

test('what takes too long is cut', async () => {
  const { held, stop, ask } = await serve(20);
  const answer = expect(ask()).rejects.toThrow();
  await expect.poll(() => held.length).toBe(1);
  const stopped = stop();
  await answer;
  await stopped;
});
