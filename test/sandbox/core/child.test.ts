import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort, startChild, waitForPort, withFreePorts } from '../../../sandbox/processes/child.ts';
import { PYTHON } from '../../../sandbox/processes/python.ts';

/** Ends with these words on its first start, and listens from the second on. */
const SERVER = `
import http.server, os, sys
port, marker, words = sys.argv[1:]
if not os.path.exists(marker):
    open(marker, "w").close()
    sys.exit(words)
http.server.HTTPServer(("127.0.0.1", int(port)), http.server.BaseHTTPRequestHandler).serve_forever()
`;

const starter = (words: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'child-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ports: number[] = [];
  const start = async () => {
    const port = await findFreePort();
    ports.push(port);
    const command = [PYTHON, '-c', SERVER, String(port), join(folder, 'marker'), words];
    const child = startChild({ name: 'server', command });
    onTestFinished(() => child.stop());
    await waitForPort(child, port);
    return child;
  };
  return { ports, start };
};

test('a server whose port was taken before it could listen is started again on another one', async () => {
  const { ports, start } = starter('listen tcp 127.0.0.1: bind: address already in use');
  await withFreePorts(start);
  expect(ports).toHaveLength(2);
});

test('one that ends for another reason is not, and its last words are told', async () => {
  const { ports, start } = starter('no disk left');
  await expect(withFreePorts(start)).rejects.toThrow(/server ended \(exit code 1\)\n.*no disk left/);
  expect(ports).toHaveLength(1);
});

test('the death of a server is reported, its end by request is not', async () => {
  const { start } = starter('address already in use');
  const [killed, stopped] = [await withFreePorts(start), await start()];
  const deaths: string[] = [];
  for (const child of [killed, stopped]) child.onDeath((message) => deaths.push(message));
  await stopped.stop();
  process.kill(killed.pid, 'SIGTERM');
  await killed.ended;
  await expect.poll(() => deaths).toEqual([expect.stringMatching(/^server ended/)]);
});
