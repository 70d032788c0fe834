import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createLeaving, type Patience } from '#api/leaving.ts';
import { createReadiness } from '#api/readiness.ts';
import { track } from '#api/stop-server.ts';

/** Long enough that a test which waited for it would fail by its own time. */
const NEVER_MS = 600_000;

const serve = async () => {
  const { draining, ending, leave } = createLeaving();
  const readiness = createReadiness({
    temporal: { withDeadline: async () => undefined, options: { namespace: 'default' } } as never,
    s3: { send: async () => ({}) } as never,
    bucket: 'control',
    draining,
  });
  const server = createServer(async (req, res) => {
    if (req.url === '/ready') res.end(JSON.stringify(await readiness()));
    else if (req.url === '/wait' && !ending.aborted) ending.addEventListener('abort', () => res.end('ended'));
    else res.end('answered');
  });
  const tracked = track(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = (path: string) =>
    new Promise<string>((resolve, reject) => {
      get({ port, host: '127.0.0.1', agent, path }, async (answer: IncomingMessage) => {
        let text = '';
        for await (const chunk of answer) text += chunk;
        resolve(`${answer.headers.connection} ${text}`);
      }).on('error', reject);
    });
  return { server, leave: (patience: Patience) => leave([tracked], patience), ending, ask };
};

test('while balancers notice: not ready, yet whatever comes is answered, once per connection', async () => {
  const { leave, ending, ask } = await serve();
  expect(await ask('/ready')).toContain('"ready":true');
  void leave({ drainMs: NEVER_MS, stopMs: NEVER_MS });
  // At once, although an answer of a moment ago is kept.
  expect(await ask('/ready')).toBe('close {"ready":false,"checks":{"process":"stops"}}');
  expect(await ask('/')).toBe('close answered');
  expect(ending.aborted).toBe(false);
});

test('then who waits is answered, and the server has stopped', async () => {
  const { server, leave, ask } = await serve();
  const connected = new Promise((resolve) => server.once('request', resolve));
  const waiting = ask('/wait');
  await connected;
  const left = leave({ drainMs: 10, stopMs: NEVER_MS });
  // It came before all that, and yet its connection is not kept.
  expect(await waiting).toBe('close ended');
  await left;
  expect(server.listening).toBe(false);
});
