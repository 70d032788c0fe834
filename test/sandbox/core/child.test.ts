import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort, startChild, waitForPort, withFreePorts } from '../../../sandbox/processes/child.ts';
import { PYTHON } from '../../../sandbox/processes/python.ts';
import { startTemporal } from '../../../sandbox/processes/temporal.ts';

/** Ends with these words on its first start, and listens from the second on. */
const SERVER = `
import http.server, os, sys
port, marker, words = sys.argv[1:]
if not os.path.exists(marker):
    open(marker, "w").close()
    sys.exit(words)
server = http.server.HTTPServer(("127.0.0.1", int(port)), http.server.BaseHTTPRequestHandler)
print("listens", flush=True)
server.serve_forever()
`;

/** @param first its first port; default: a free one */
const starter = (words: string, first?: number) => {
  const folder = mkdtempSync(join(tmpdir(), 'child-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ports: number[] = [];
  const start = async () => {
    const port = (ports.length === 0 && first) || (await findFreePort());
    ports.push(port);
    const command = [PYTHON, '-c', SERVER, String(port), join(folder, 'marker'), words];
    const child = startChild({ name: 'server', command });
    onTestFinished(() => child.stop());
    await waitForPort(child, { port, says: /^listens$/m });
    return child;
  };
  return { ports, start };
};

test('a server whose port was taken before it could listen is started again on another one', async () => {
  const { ports, start } = starter('listen tcp 127.0.0.1: bind: address already in use');
  await withFreePorts(start);
  expect(ports).toHaveLength(2);
});

/** Somebody who listens, and says nothing. */
const aStranger = async (): Promise<number> => {
  const stranger = createServer();
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void stranger.close());
  return (stranger.address() as AddressInfo).port;
};

test('a stranger that listens on its port is not taken for it', async () => {
  const { ports, start } = starter('', await aStranger());
  // Its first start leaves the marker and ends; the second one is the one that finds the port taken.
  await expect(start()).rejects.toThrow('was not ready yet');
  ports.length = 0;
  await withFreePorts(start);
  expect(ports).toHaveLength(2);
});

test('nor for Temporal, whose port was asked for', async () => {
  const port = await aStranger();
  await expect(startTemporal({ port, uiPort: undefined })).rejects.toThrow(/port \d+: .*address already in use/);
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
