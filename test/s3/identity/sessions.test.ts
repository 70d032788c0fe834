/** Session credentials: derived, sealed, bounded, revocable. */

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import { createEpochObject } from '#s3/identity/epoch-object.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createSessionMint } from '#s3/identity/mint.ts';
import { createSessionIdentity } from '#s3/identity/session.ts';
import { createSessionKeys, type Session } from '#s3/identity/session-keys.ts';
import { createTokenIdentity } from '#s3/identity/token.ts';
import { memoryEpochStore } from '../support/epoch-store.ts';
import { token, verifyToken } from '../support/tokens.ts';

const master = (version: number) => ({ version, secret: randomBytes(32) });
const SESSION: Session = {
  userId: 'alice',
  rights: ['read'],
  prefix: '',
  issuedAt: 0,
  expiresAt: 9e15,
  tokenHash: 'h',
  epoch: 0,
};

describe('keys', () => {
  test('look like AWS keys, and are all different', () => {
    const keys = createSessionKeys([master(3)]);
    const minted = Array.from({ length: 200 }, () => keys.mint(SESSION));
    expect(new Set(minted.map(({ accessKeyId }) => accessKeyId)).size).toBe(200);
    expect(new Set(minted.map(({ secretAccessKey }) => secretAccessKey)).size).toBe(200);
    for (const { accessKeyId, secretAccessKey } of minted) {
      expect(accessKeyId).toMatch(/^GWS1[A-Z2-7]{25}$/);
      expect(secretAccessKey).toHaveLength(40);
    }
  });

  test('any process with the master key opens them; another master, key id or bit does not', () => {
    const first = master(1);
    const { accessKeyId, secretAccessKey, sessionToken } = createSessionKeys([first]).mint(SESSION);
    const other = createSessionKeys([first]);
    expect(other.open(accessKeyId, sessionToken)).toEqual(SESSION);
    expect(other.secretOf(accessKeyId)).toBe(secretAccessKey);
    const second = other.mint(SESSION);
    expect(other.open(second.accessKeyId, sessionToken)).toBeUndefined();
    expect(createSessionKeys([{ ...first, secret: randomBytes(32) }]).open(accessKeyId, sessionToken)).toBeUndefined();
    for (let i = 0; i < sessionToken.length; i++) {
      const changed = `${sessionToken.slice(0, i)}${sessionToken[i] === 'A' ? 'B' : 'A'}${sessionToken.slice(i + 1)}`;
      expect(other.open(accessKeyId, changed), `character ${i}`).toBeUndefined();
    }
    for (const nonsense of [
      '',
      'x',
      'AAAA'.repeat(20),
      `${sessionToken}=`,
      ` ${sessionToken}`,
      sessionToken.repeat(40),
    ]) {
      expect(other.open(accessKeyId, nonsense)).toBeUndefined();
    }
  });

  test('masters rotate with an overlap', () => {
    const [old, current] = [master(1), master(2)];
    const before = createSessionKeys([old]).mint(SESSION);
    const both = createSessionKeys([current, old]);
    expect(both.open(before.accessKeyId, before.sessionToken)).toEqual(SESSION);
    const after = both.mint(SESSION);
    expect(createSessionKeys([old]).secretOf(after.accessKeyId)).toBeUndefined();
    expect(createSessionKeys([current]).open(before.accessKeyId, before.sessionToken)).toBeUndefined();
  });

  test('derived masters share a version, and each opens what it minted', () => {
    const derived = Array.from({ length: 20 }, () => ({ ...master(0), isDerived: true }));
    const all = createSessionKeys(derived);
    for (const one of derived) {
      const { accessKeyId, secretAccessKey, sessionToken } = createSessionKeys([one]).mint(SESSION);
      expect(all.open(accessKeyId, sessionToken)).toEqual(SESSION);
      expect(all.secretOf(accessKeyId)).toBe(secretAccessKey);
      const others = createSessionKeys(derived.filter((other) => other !== one));
      expect([others.open(accessKeyId, sessionToken), others.secretOf(accessKeyId)]).toEqual([undefined, undefined]);
    }
    expect(() => createSessionKeys([master(0), { ...master(0), isDerived: true }])).toThrow();
  });

  test.each(['', 'GWS1', 'GWS1A', `GWS1A${'B'.repeat(23)}`, `GWS1A${'B'.repeat(25)}`, `gws1A${'B'.repeat(24)}`])(
    'the key id %j has no secret',
    (accessKeyId) => {
      for (const keys of [createSessionKeys([master(0)]), createSessionKeys([master(0), master(1)])])
        expect(keys.secretOf(accessKeyId)).toBeUndefined();
    },
  );

  test('short, doubled or misnumbered masters are refused', () => {
    expect(() => createSessionKeys([])).toThrow();
    expect(() => createSessionKeys([{ version: 1, secret: randomBytes(16) }])).toThrow();
    expect(() => createSessionKeys([master(1), master(1)])).toThrow();
    expect(() => createSessionKeys([master(32)])).toThrow();
  });
});

describe('epochs', () => {
  const setUp = () => {
    const clock = { now: 1_000_000 };
    const store = memoryEpochStore();
    return { clock, store, epochs: createEpochs(store, () => clock.now) };
  };

  test('are read once in five seconds, beside the requests', async () => {
    const { clock, store, epochs } = setUp();
    expect(await epochs.current('a')).toBe(0);
    for (let i = 0; i < 100; i++) expect(epochs.current(`user ${i}`)).toBe(0);
    expect(store.reads).toBe(1);
    clock.now += 6_000;
    expect(epochs.current('a')).toBe(0); // at once, with the old copy
    await Promise.resolve();
    expect(store.reads).toBe(2);
  });

  test('a revocation elsewhere counts within 30 seconds, for that user alone', async () => {
    const { clock, store, epochs } = setUp();
    const elsewhere = createEpochs(store, () => clock.now);
    expect(await epochs.current('a')).toBe(0);
    await elsewhere.revoke('a');
    clock.now += 30_000;
    expect(await epochs.current('a')).toBe(1_000_000);
    expect(await epochs.current('b')).toBe(0);
  });

  test('without the store a fresh copy still serves, an old one does not', async () => {
    const { clock, store, epochs } = setUp();
    await epochs.current('a');
    store.fail = true;
    clock.now += 15_000;
    expect(epochs.current('a')).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
    clock.now += 15_000;
    await expect(Promise.resolve(epochs.current('a'))).rejects.toThrow();
    store.fail = false;
    expect(await epochs.current('a')).toBe(0);
  });

  test('twice within a millisecond still grows', async () => {
    const { epochs } = setUp();
    await epochs.revoke('a');
    const first = await epochs.newest();
    await epochs.revoke('a');
    expect(await epochs.newest()).toBeGreaterThan(first);
  });

  test('names of prototypes are users like any other', async () => {
    const { epochs } = setUp();
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(await epochs.current(name)).toBe(0);
      // Anything but a number would make the stored object useless, and with it every session of everybody.
      await epochs.revoke(name);
      const first = await epochs.newest();
      await epochs.revoke(name);
      expect(await epochs.newest()).toBeGreaterThan(first);
      expect(first).toBeGreaterThan(0);
    }
  });

  test('as an object of a bucket: lost races are run again, foreign content is not guessed at', async () => {
    let stored: { body: string; etag: string } | undefined;
    let races = 2;
    const conflict = new Error('conflict');
    const write = (body: string, expected: string | undefined): void => {
      if (stored?.etag !== expected || races-- > 0) throw conflict;
      stored = { body, etag: String(Math.random()) };
    };
    const objects = {
      read: async () => stored,
      create: async (_key: string, body: string) => write(body, undefined),
      replace: async (_key: string, body: string, etag: string) => write(body, etag),
    };
    const store = createEpochObject(objects, (error) => error === conflict);
    await store.update((epochs) => ({ ...epochs, a: 1 }));
    await store.update((epochs) => ({ ...epochs, b: 2 }));
    expect(await store.read()).toEqual({ a: 1, b: 2 });
    stored = { body: '{"a":"soon"}', etag: 'x' };
    await expect(store.read()).rejects.toThrow();
  });
});

describe('minting', () => {
  const setUp = (options: Partial<Parameters<typeof createSessionMint>[0]> = {}) => {
    const clock = { now: Date.now() };
    const now = () => clock.now;
    const keys = createSessionKeys([master(1)]);
    const epochs = createEpochs(memoryEpochStore(), now);
    const tokens = createTokenIdentity({ verifyToken, hostname: 'localhost', delegates: new Set(['tes']), now });
    const mint = createSessionMint({ keys, epochs, tokens, now, ...options });
    return { clock, keys, epochs, mint, sessions: createSessionIdentity({ keys, epochs, hostname: 'localhost', now }) };
  };

  test('gives what was asked for, bounded by 12 hours and the token’s own end', async () => {
    const { clock, mint } = setUp({ outliveTokenSeconds: 600 });
    const bearer = await token({ sub: 'alice', ttl: 3_600 });
    const seconds = async (ttlSeconds?: number) =>
      Math.round(((await mint.mint(bearer, { ttlSeconds })).expiration.getTime() - clock.now) / 1000);
    expect(await seconds()).toBe(3_600);
    expect(await seconds(60)).toBe(60);
    expect(await seconds(43_200)).toBeGreaterThan(4_100);
    expect(await seconds(43_200)).toBeLessThanOrEqual(4_201);
    const long = setUp();
    expect(
      Math.round(
        ((
          await long.mint.mint(await token({ sub: 'alice', ttl: 90_000 }), { ttlSeconds: 100_000 })
        ).expiration.getTime() -
          long.clock.now) /
          1000,
      ),
    ).toBe(43_200);
  });

  test('narrows to reading and to a prefix', async () => {
    const { mint, sessions } = setUp();
    const minted = await mint.mint(await token({ sub: 'alice' }), { readOnly: true, prefix: 'task-1/' });
    const principal = await sessions.find(minted.accessKeyId, minted.sessionToken);
    expect(principal).toMatchObject({
      userId: 'alice',
      bucket: 'gen3wf-localhost-alice',
      rights: ['read'],
      prefix: 'task-1/',
      kind: 'session',
    });
  });

  test.each(['/x', '../x', 'a/../b', './a', 'x'.repeat(600)])('refuses the prefix %j', async (prefix) => {
    const { mint } = setUp();
    await expect(mint.mint(await token({ sub: 'alice' }), { prefix })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });

  test('a client that acts for users mints for the one it names', async () => {
    const { mint } = setUp();
    expect((await mint.mint(`${await token({ azp: 'tes' })};userId=alice`)).bucket).toBe('gen3wf-localhost-alice');
    await expect(mint.mint(await token({ azp: 'tes' }))).rejects.toMatchObject({ code: 'InvalidAccessKeyId' });
  });

  test.each([
    ['a client that names nobody', { azp: 'tes' }, '', 'no user id (claim sub)'],
    ['a client that acts for nobody', { azp: 'other' }, ';userId=alice', '(claim azp) is "other"'],
    ['a user who names another one', { sub: 'alice' }, ';userId=bob', 'a user of its own (claim sub)'],
    ['a user whose id names no bucket', { sub: 'Alice Doe' }, '', 'the user id "Alice Doe" of the token (claim sub)'],
    ['one behind a client', { azp: 'tes' }, ';userId=A', 'the user id "A" behind ;userId='],
  ])('a good token of %s is told what is wrong with it', async (_whose, claims, behind, told) => {
    const { mint } = setUp();
    const refused = { code: 'InvalidAccessKeyId', message: expect.stringContaining(told) };
    await expect(mint.mint(`${await token(claims)}${behind}`)).rejects.toMatchObject(refused);
  });

  test('holds what Arborist allows, and nothing when it allows nothing or does not answer', async () => {
    const bearer = await token({ sub: 'alice' });
    const reader = setUp({ arborist: { isAllowed: async ({ method }) => method === 'read' } });
    const minted = await reader.mint.mint(bearer);
    expect((await reader.sessions.find(minted.accessKeyId, minted.sessionToken)).rights).toEqual(['read']);
    await expect(setUp({ arborist: { isAllowed: async () => false } }).mint.mint(bearer)).rejects.toMatchObject({
      code: 'AccessDenied',
    });
    await expect(
      setUp({ arborist: { isAllowed: () => Promise.reject(new Error()) } }).mint.mint(bearer),
    ).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  test('a session ends with its time and with a revocation; one minted afterwards works', async () => {
    const { clock, mint, sessions } = setUp();
    const bearer = await token({ sub: 'alice' });
    const minted = await mint.mint(bearer, { ttlSeconds: 100 });
    const find = async (one = minted) => await sessions.find(one.accessKeyId, one.sessionToken);
    expect((await find()).userId).toBe('alice');
    await mint.revoke('alice');
    await expect(find()).rejects.toMatchObject({ code: 'InvalidAccessKeyId' });
    const next = await mint.mint(bearer, { ttlSeconds: 100 });
    expect((await find(next)).userId).toBe('alice');
    clock.now += 100_000;
    await expect(find(next)).rejects.toMatchObject({ code: 'ExpiredToken' });
  });
});

test('tokens are checked once, however many ask, and again when they were refused', async () => {
  let asked = 0;
  const tokens = createTokenIdentity({
    hostname: 'localhost',
    delegates: new Set(),
    now: Date.now,
    verifyToken: async () => {
      asked++;
      return { ok: true, claims: { sub: 'alice', azp: undefined, exp: Date.now() / 1000 + 60 } };
    },
  });
  await Promise.all(Array.from({ length: 50 }, () => tokens.find('token')));
  expect(tokens.find('token')).not.toBeInstanceOf(Promise);
  expect(asked).toBe(1);
});

test.each([
  ['qwert.qwert', 'asdfgh', 'gen3wf-qwert-qwert-asdfgh'],
  ['h'.repeat(65), 'asdfgh', `gen3wf-${'h'.repeat(49)}-asdfgh`],
  ['localhost', '64', 'gen3wf-localhost-64'],
  ['localhost', 'UPPER', undefined],
  ['localhost', '', undefined],
  ['localhost', 'x'.repeat(60), undefined],
])('the bucket of %s, user %s', (hostname, user, bucket) => {
  expect(bucketNameOf(hostname, user)).toBe(bucket);
  expect(bucket?.length ?? 63).toBeLessThanOrEqual(63);
});

test('no two users share a bucket, however long their ids and the host are', () => {
  const host = `data-commons.${'eu-west.'.repeat(6)}example.org`;
  const whole = `gen3wf-${host.replaceAll('.', '-')}`;
  let pairs = 0;
  for (let length = 1; length < 50; length++) {
    const user = 'u'.repeat(length);
    const name = bucketNameOf(host, user);
    // Every other way to read the name as a host that was cut, a dash and a user.
    for (let dash = name?.indexOf('-', 7) ?? -1; dash >= 0; dash = name?.indexOf('-', dash + 1) ?? -1) {
      const other = name?.slice(dash + 1) ?? '';
      if (other === user || !whole.startsWith(name?.slice(0, dash) ?? '?')) continue;
      pairs++;
      expect([other, bucketNameOf(host, other)]).not.toEqual([other, name]);
    }
  }
  expect(pairs).toBeGreaterThan(100);
});
