/** Several processes on one port. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('./support/processes-main.ts', import.meta.url));

const start = async (count: number) => {
  const child = spawn(process.execPath, [MAIN, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => void lines.push(line));
  await new Promise<void>((resolve) => reader.once('line', () => resolve()));
  const { port, pid } = JSON.parse(lines[0] as string) as { port: number; pid: number };
  const get = async (path = '/'): Promise<string> => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  return {
    pid,
    port,
    lines,
    get,
    status: async () => (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) })).status,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    /** An answer that never ends. */
    async hold() {
      const { body } = await fetch(`http://127.0.0.1:${port}/hold`);
      await body?.getReader().read();
    },
    async stop() {
      child.kill('SIGTERM');
      return await ended;
    },
    ended,
  };
};

const connected = async (port: number): Promise<Socket> => {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
};

/** The first bytes that come, or what came instead. */
const statusLineOf = async (socket: Socket): Promise<string> => {
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  const [first] = await once(socket, 'data', { signal: AbortSignal.timeout(10_000) }).catch((error: Error) => [error]);
  socket.destroy();
  return String(first);
};

describe('runProcesses', () => {
  test('one process serves by itself', async () => {
    const { pid, get, stop } = await start(1);
    expect(await get()).toBe(String(pid));
    expect(await get('/metrics')).toContain('requests_total 1');
    expect(await stop()).toBe(0);
  });

  test('three share one port, one that dies is replaced, and their metrics add up', async () => {
    const { pid, lines, get, stop } = await start(3);
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) seen.add(await get());
    expect(seen.size).toBe(3);
    expect(seen.has(String(pid))).toBe(false);
    expect(await get('/metrics')).toContain('requests_total 12');
    await get('/die').catch(() => {});
    await expect.poll(() => lines.at(-1)).toBe('{"died":7}');
    await expect.poll(async () => seen.add(await get().catch(() => '')).size).toBeGreaterThan(3);
    expect(await stop()).toBe(0);
  });

  test('nobody who connects while they stop hangs: each is served, told that they stop, or refused', async () => {
    const { status, hold, kill, ended } = await start(3);
    await hold();
    kill('SIGTERM');
    const outcomes = new Set<string>();
    // As many at once as there can be in any moment in which one of them closes.
    for (let round = 0; round < 40; round += 1) {
      const some = await Promise.all(
        Array.from({ length: 10 }, () => status().then(String, ({ name }: Error) => name)),
      );
      for (const one of some) outcomes.add(one);
    }
    expect([...outcomes]).toContain('503');
    expect([...outcomes].filter((one) => !['200', '503', 'TypeError'].includes(one))).toEqual([]);
    kill('SIGINT');
    expect(await ended).toBe(130);
  });

  // Each time it comes to it once in two.
  test.each([1, 2, 3, 4])(
    'nor does who connects while the first process has yet to learn that others have closed (%i)',
    async () => {
      const { port, hold, kill, ended } = await start(3);
      await hold();
      kill('SIGTERM');
      const answers: Promise<string>[] = [];
      for (let round = 0; round < 30; round += 1) {
        // While it stands still, connections and the others' news wait beside each other.
        kill('SIGSTOP');
        const sockets = await Promise.all(Array.from({ length: 10 }, () => connected(port)));
        kill('SIGCONT');
        answers.push(...sockets.map(statusLineOf));
      }
      expect((await Promise.all(answers)).filter((one) => !/^HTTP\/1\.1 (200|503)/.test(one))).toEqual([]);
      kill('SIGINT');
      expect(await ended).toBe(130);
    },
  );

  test.each([1, 2])('%i: what is under way is waited for, and a second signal ends it at once', async (count) => {
    const { status, hold, kill, ended } = await start(count);
    await hold();
    kill('SIGTERM');
    // Of several, one is left to say so; to a process that serves alone nobody can connect any more.
    const isRefused = () =>
      status().then(
        (answer) => answer === 503,
        (error: Error) => error.name === 'TypeError',
      );
    await expect.poll(isRefused).toBe(true);
    kill('SIGINT');
    expect(await ended).toBe(130);
  });
});
