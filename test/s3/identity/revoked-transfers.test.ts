/** A revocation ends what runs: downloads, uploads, presigned ones; of that user's sessions, and of nobody else. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditLine } from '#s3/audit.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { type MemoryEpochStore, memoryEpochStore } from '../support/epoch-store.ts';
import { type Credentials, presign, signS3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { type RawConnection, rawConnection, renderHead } from '../support/raw.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';
import { token } from '../support/tokens.ts';

/** Each transfer here is longer than any test. */
const LENGTH = 1_000_000_000;

let upstream: ScriptedUpstream;
let proxy: TestProxy;
let store: MemoryEpochStore;
let elapsedMs: number;
let audit: AuditLine[];
const dripping = new Set<NodeJS.Timeout>();

const drip = (write: () => void): void => void dripping.add(setInterval(write, 20));

beforeEach(async () => {
  upstream = await scriptedUpstream(
    (req, res) => {
      if (req.method !== 'GET') return;
      res.writeHead(200, { 'content-length': LENGTH });
      res.write('first');
      drip(() => void (res.destroyed || res.write('more')));
    },
    { early: true },
  );
  store = memoryEpochStore();
  elapsedMs = 0;
  const lines: AuditLine[] = []; // of this test: the one before may still be ending
  audit = lines;
  proxy = await startProxy({
    upstream: upstream.upstream,
    epochs: createEpochs(store, Date.now, () => elapsedMs),
    limits: { idleMs: 4_000, uploadBytesPerSecond: 1 },
    audit: (line) => void lines.push(line),
  });
});
afterEach(async () => {
  for (const timer of dripping) clearInterval(timer);
  dripping.clear();
  await proxy?.stop();
  await upstream?.stop();
});

const running: Record<string, (user: string, credentials: Credentials) => Promise<RawConnection>> = {
  async 'a download'(user, credentials) {
    const signed = await signS3({ endpoint: proxy.endpoint, credentials, path: `/${bucketOf(user)}/k` });
    const connection = await rawConnection(proxy.port);
    connection.write(renderHead(signed));
    await connection.until(/first/);
    return connection;
  },
  async 'a presigned download'(user, credentials) {
    const signed = await presign({ endpoint: proxy.endpoint, credentials, path: `/${bucketOf(user)}/k` });
    const connection = await rawConnection(proxy.port);
    connection.write(`GET ${signed.target} HTTP/1.1\r\nhost: ${signed.host}\r\n\r\n`);
    await connection.until(/first/);
    return connection;
  },
  async 'an upload'(user, credentials) {
    const path = `/${bucketOf(user)}/k`;
    const seen = upstream.sockets.size;
    const signed = await signS3({
      endpoint: proxy.endpoint,
      credentials,
      method: 'PUT',
      path,
      hash: 'UNSIGNED-PAYLOAD',
      headers: { 'content-length': String(LENGTH) },
    });
    const connection = await rawConnection(proxy.port);
    connection.write(`${renderHead(signed)}${'x'.repeat(100_000)}`);
    drip(() => void (connection.socket.destroyed || connection.write('x'.repeat(1_000))));
    await expect.poll(() => upstream.sockets.size).toBeGreaterThan(seen);
    return connection;
  },
};

describe.each(Object.keys(running))('%s', (kind) => {
  const start = running[kind] as (typeof running)[string];

  test('of a session that is revoked ends; that of another user goes on', async () => {
    const revoked = await start('alice', proxy.session('alice'));
    const other = await start('bob', proxy.session('bob'));
    await proxy.epochs.revoke('alice');
    await revoked.closed;
    if (kind === 'an upload') expect(revoked.text()).toMatch(/^HTTP\/1\.1 403 [\s\S]*InvalidAccessKeyId/);
    await expect.poll(() => audit.map(({ user, code }) => [user, code])).toEqual([['alice', 'InvalidAccessKeyId']]);
    expect(other.socket.destroyed).toBe(false);
    // Upstream too, or the object would be stored in the end.
    await expect.poll(() => upstream.sockets.size).toBe(1);
    other.socket.destroy();
  });

  test('ends too when it was revoked in another process', async () => {
    const connection = await start('alice', proxy.session('alice'));
    await createEpochs(store, Date.now).revoke('alice');
    elapsedMs += 6_000;
    await connection.closed;
  });

  test('goes on through an outage of the store: it was let in', async () => {
    const connection = await start('alice', proxy.session('alice'));
    const reads = store.reads;
    store.fail = true;
    elapsedMs += 60_000;
    await expect.poll(() => store.reads).toBeGreaterThan(reads + 1);
    expect(connection.socket.destroyed).toBe(false);
    store.fail = false;
    await createEpochs(store, Date.now).revoke('alice');
    elapsedMs += 60_000;
    await connection.closed;
  });

  test('of a token is no session’s', async () => {
    const credentials = { accessKeyId: await token({ sub: 'alice' }), secretAccessKey: 'N/A' };
    if (kind === 'a presigned download') return; // tokens presign nothing
    const connection = await start('alice', credentials);
    const session = await start('alice', proxy.session('alice'));
    await proxy.epochs.revoke('alice');
    await session.closed;
    expect(connection.socket.destroyed).toBe(false);
    connection.socket.destroy();
  });
});
