/**
 * Whatever the clocks of the processes say: a session that was revoked is let in by nobody who has read since, and one
 * that was minted afterwards is.
 */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createSessionMint, type MintedSession } from '#s3/identity/mint.ts';
import { createSessionIdentity } from '#s3/identity/session.ts';
import { createSessionKeys } from '#s3/identity/session-keys.ts';
import { createTokenIdentity } from '#s3/identity/token.ts';
import { memoryEpochStore } from '../support/epoch-store.ts';
import { createRandom } from '../support/random.ts';

const HOUR = 3_600_000;
const USERS = ['alice', 'bob', 'carol', 'constructor'];
const keys = createSessionKeys([{ version: 1, secret: randomBytes(32) }]);

interface Session extends MintedSession {
  isRevoked: boolean;
}

/** A world of three processes whose clocks are set at random; time itself passes for all alike. */
const world = (isHonest: boolean, random: () => number) => {
  const store = memoryEpochStore();
  const time = { elapsed: 0 };
  const processes = Array.from({ length: 3 }, () => {
    const clock = { offset: 1_700_000_000_000 };
    const now = (): number => clock.offset + time.elapsed;
    const epochs = createEpochs(store, now, () => time.elapsed);
    const tokens = createTokenIdentity({
      verifyToken: async (token) => ({ ok: true, claims: { sub: token, azp: undefined, exp: 9e9 } }),
      hostname: 'localhost',
      delegates: new Set(),
      now,
    });
    return {
      clock,
      mint: createSessionMint({ keys, epochs, tokens, now }),
      // What is looked at here is the revocation alone: sessions do not end by their time.
      sessions: createSessionIdentity({ keys, epochs, hostname: 'localhost', now: () => 0 }),
    };
  });
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  return {
    store,
    time,
    pick,
    process: () => pick(processes),
    disturb(): void {
      if (!isHonest) pick(processes).clock.offset += Math.floor((random() - 0.5) * 200 * HOUR);
    },
  };
};

test.each([true, false])('honest clocks: %s', async (isHonest) => {
  const seed = Date.now() % 1_000_000;
  const { below } = createRandom(seed);
  const random = (): number => below(1_000_000) / 1_000_000;
  let [revocations, refusals] = [0, 0];
  for (let round = 0; round < 40; round++) {
    const { store, time, pick, process, disturb } = world(isHonest, random);
    const sessions: Session[] = [];
    for (let step = 0; step < 60; step++) {
      const where = `seed ${seed}, round ${round}, step ${step}`;
      const user = pick(USERS);
      const dice = random();
      if (dice < 0.4) {
        const minted = await process().mint.mint(user);
        sessions.push({ ...minted, isRevoked: false });
      } else if (dice < 0.6) {
        await process().mint.revoke(user);
        revocations++;
        for (const session of sessions) if (session.userId === user) session.isRevoked = true;
        const anew = await process().mint.mint(user);
        const found = process().sessions.find(anew.accessKeyId, anew.sessionToken);
        expect((await found).userId, `${where}: minted after the revocation`).toBe(user);
      } else if (dice < 0.8) {
        time.elapsed += Math.floor(random() * 11 * HOUR);
        // They live for 12 hours at most.
        if (isHonest) sessions.splice(0, sessions.length, ...sessions.slice(-3));
      } else disturb();
      time.elapsed += 30_000; // by then every process has looked again
      const session = sessions.length > 0 ? pick(sessions) : undefined;
      if (!session) continue;
      const found = await Promise.resolve()
        .then(() => process().sessions.find(session.accessKeyId, session.sessionToken))
        .then(
          () => 'let in',
          () => 'refused',
        );
      if (session.isRevoked) {
        refusals++;
        expect(found, where).toBe('refused');
      }
    }
    expect(Object.keys(await store.read()).length).toBeLessThan(USERS.length + 2);
  }
  expect(revocations).toBeGreaterThan(100);
  expect(refusals).toBeGreaterThan(100);
});

test('with honest clocks nobody else’s session ends, and the list of epochs stays short', async () => {
  const { store, time, process } = world(true, Math.random);
  const { mint, sessions } = process();
  for (let day = 0; day < 50; day++) {
    const other = await mint.mint('bob');
    for (const user of ['alice', `user ${day}`]) await mint.revoke(user);
    time.elapsed += 11.9 * HOUR;
    expect((await sessions.find(other.accessKeyId, other.sessionToken)).userId).toBe('bob');
  }
  expect(Object.keys(await store.read()).length).toBeLessThan(8);
});

test('a clock that is set back keeps no old copy young', async () => {
  const store = memoryEpochStore();
  const clock = { wall: 1_700_000_000_000, elapsed: 0 };
  const here = createEpochs(
    store,
    () => clock.wall,
    () => clock.elapsed,
  );
  expect(await here.current('alice')).toBe(0);
  await createEpochs(store, () => clock.wall).revoke('alice');
  clock.wall -= 24 * HOUR;
  clock.elapsed += 30_000;
  expect(await here.current('alice')).toBeGreaterThan(0);
});
