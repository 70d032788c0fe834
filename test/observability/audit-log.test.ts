import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createAuditLog } from '#observability/audit-log.ts';
import type { AuditLine } from '#s3/audit.ts';

const LINE: AuditLine = {
  requestId: '0123456789ABCDEF',
  operation: 'GetObject',
  status: 200,
  code: undefined,
  user: 'alice "the\nfirst"',
  client: undefined,
  session: undefined,
  verification: 'constant',
  bucket: 'gen3wf-localhost-alice',
  keyHash: '0123456789abcdef',
  payload: 'none',
  bytesIn: 0,
  bytesOut: 1024,
  durationMs: 3,
  upstreamMs: 2,
  upstreamRequestId: 'upstream-1',
};

const fileOf = () => {
  const folder = mkdtempSync(join(tmpdir(), 'audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'log');
};
const linesIn = (file: string) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text));

test('a line is JSON with what the other lines of the service have, and comes without a stop', async () => {
  const dest = fileOf();
  createAuditLog({ name: 'eyrie-api', dest })(LINE);
  await expect.poll(() => linesIn(dest)).toHaveLength(1);
  const { time, ...line } = linesIn(dest)[0];
  expect(line).toEqual({
    level: 'info',
    service: 'eyrie-api',
    msg: 's3 request',
    ...JSON.parse(JSON.stringify(LINE)),
  });
  expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000);
});

test('what was not written yet is written when the process exits, in whole lines', () => {
  const dest = fileOf();
  const module = fileURLToPath(new URL('../../src/observability/audit-log.ts', import.meta.url));
  const script = `
    const { createAuditLog } = await import(${JSON.stringify(module)});
    const write = createAuditLog({ name: 'eyrie-api', dest: ${JSON.stringify(dest)} });
    for (let i = 0; i < 1001; i++) write({ ...${JSON.stringify(LINE)}, bytesOut: i });
    process.exit(0);`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(linesIn(dest).map(({ bytesOut }) => bytesOut)).toEqual(Array.from({ length: 1001 }, (_, i) => i));
});
