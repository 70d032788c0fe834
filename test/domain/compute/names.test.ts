import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  computeNames,
  environmentName,
  isForgeId,
  isNamePrefix,
  mintForgeId,
  NAME_PREFIX_MAX,
  queueName,
} from '#domain/compute/names.ts';

const FORGE_ID = 'a1b2c3d4e5f6g7h8i9j0';

const PARTS = { namePrefix: 'TowerForge', forgeId: FORGE_ID };

test('names are those of Tower Forge', () => {
  expect(computeNames(PARTS)).toMatchObject({
    main: `TowerForge-${FORGE_ID}`,
    executionRole: `TowerForge-${FORGE_ID}-ExecutionRole`,
    headRole: `TowerForge-${FORGE_ID}-FargateRole`,
  });
  expect(queueName(PARTS, 'main')).toBe(`TowerForge-${FORGE_ID}`);
  expect(queueName(PARTS, 'head')).toBe(`TowerForge-${FORGE_ID}-head`);
});

test('a later make of an environment has a name of its own, and its queue keeps the one that it has', () => {
  const later = { ...PARTS, generations: { work: 3 } };
  expect(environmentName(later, 'work')).toBe(`TowerForge-${FORGE_ID}-work-g3`);
  expect(environmentName(later, 'head')).toBe(`TowerForge-${FORGE_ID}-head`);
  expect(environmentName({ ...PARTS, generations: { main: 2 } }, 'main')).toBe(`TowerForge-${FORGE_ID}-g2`);
  expect(queueName(later, 'work')).toBe(`TowerForge-${FORGE_ID}-work`);
});

test('whatever the dice, an id is one, and uses all that an id may hold', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (dice) => {
      const random = (below: number) => Math.floor((dice.next().value ?? 0) * below);
      expect(isForgeId(mintForgeId(random))).toBe(true);
    }),
  );
  expect(mintForgeId(() => 0)).toBe('a'.repeat(20));
  expect(mintForgeId((below) => below - 1)).toBe(`z${'9'.repeat(19)}`);
});

test('with the longest prefix each name of a role fits into IAM, and with one character more one does not', () => {
  const lengths = (namePrefix: string) =>
    Object.values(computeNames({ namePrefix, forgeId: FORGE_ID })).map((name) => name.length);
  const longest = 'P'.repeat(NAME_PREFIX_MAX);
  expect(isNamePrefix(longest)).toBe(true);
  expect(Math.max(...lengths(longest))).toBe(64);
  expect(isNamePrefix(`${longest}P`)).toBe(false);
});

test.each(['', '-a', 'a b', 'a/b', 'ä'])('%j is no prefix', (prefix) => {
  expect(isNamePrefix(prefix)).toBe(false);
});
