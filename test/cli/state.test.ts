import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { findRunningDev } from '#cli/dev/state.ts';

test('what a killed eyrie dev has left stands in nobody’s way, also where its pid is another process’s by now', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-state-'));
  vi.stubEnv('EYRIE_DEV_STATE', join(folder, 'dev.json'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const api = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const leave = (text: string) => writeFileSync(join(folder, 'dev.json'), text);

  leave(JSON.stringify({ api, pid: process.ppid }));
  expect(await findRunningDev()).toEqual({ api, pid: process.ppid });
  leave(JSON.stringify({ api, pid: 0x7f_ff_ff_ff }));
  expect(await findRunningDev()).toBeUndefined();
  leave('{"api":');
  expect(await findRunningDev()).toBeUndefined();
  leave(JSON.stringify({ api, pid: process.ppid }));
  await new Promise((resolve) => server.close(resolve));
  expect(await findRunningDev()).toBeUndefined();
});
