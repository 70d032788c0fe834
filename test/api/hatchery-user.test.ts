import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hatcheryUser } from '#api/routes/hatchery/hatchery-user.ts';
import { escapeUser, htmlEscape, htmlUnescape } from '#domain/core/escaping.ts';
import { A_BLOCK, apiRig } from './rig.ts';

/** Names of people, with what escaping changes more often than it occurs. */
const names = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom("'", '"', '&', '<', '>', ';', '#', 'amp', '39'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    ),
    minLength: 1,
    maxLength: 40,
  })
  .filter((name) => name.length <= 256);

/** A name that reads as if it were escaped is none that a person has. */
const plainNames = names.filter((name) => !/&(amp|lt|gt|#39|#34);/.test(name));

test('what was escaped is what it was before', () => {
  fc.assert(fc.property(names, (name) => htmlUnescape(htmlEscape(name)) === name));
  // And nothing else is taken for escaped.
  fc.assert(
    fc.property(names, (name) => {
      const plain = htmlUnescape(name);
      if (plain !== undefined && plain !== name) expect(htmlEscape(plain)).toBe(name);
    }),
  );
});

describe('one person is one user, however the name is handed over', () => {
  test('without a word about it', () => {
    fc.assert(
      fc.property(plainNames, (name) => {
        expect(hatcheryUser({ user: name })).toBe(name);
        expect(hatcheryUser({ user: htmlEscape(name) })).toBe(name);
      }),
    );
  });

  test('with one, for names of any form', () => {
    fc.assert(
      fc.property(names, fc.constantFrom(true, 'true' as const), (name, yes) => {
        expect(hatcheryUser({ user: htmlEscape(name), userIsEscaped: yes })).toBe(name);
        expect(hatcheryUser({ user: name, userIsEscaped: yes === true ? false : 'false' })).toBe(name);
      }),
    );
  });

  test('so it has one workspace, with the names that Hatchery gives', () => {
    fc.assert(
      fc.property(plainNames, (name) => {
        expect(escapeUser(hatcheryUser({ user: htmlEscape(name) }))).toBe(escapeUser(name));
      }),
    );
    expect(escapeUser(hatcheryUser({ user: 'o&#39;neil' }))).toBe('o-26-2339-3bneil');
  });
});

test.each([
  ['o&#39;neil', "o'neil"],
  ['a&amp;b', 'a&b'],
  ['a&b', 'a&b'],
  ['&lt;a&gt;', '<a>'],
  // Not what Go writes.
  ['o&#x27;neil', 'o&#x27;neil'],
  ['o&apos;neil', 'o&apos;neil'],
  // Partly escaped is not escaped.
  ["o'n&amp;l", "o'n&amp;l"],
  // Once, and once only.
  ['a&amp;amp;b', 'a&amp;b'],
])('%s is %s', (given, user) => {
  expect(hatcheryUser({ user: given })).toBe(user);
});

test('a name that can not be what the call says is refused', () => {
  expect(() => hatcheryUser({ user: "o'neil", userIsEscaped: true })).toThrow();
  expect(() => hatcheryUser({ user: 'a'.repeat(257) })).toThrow();
  expect(hatcheryUser({ user: "'".repeat(256) })).toHaveLength(256);
  expect(hatcheryUser({ user: htmlEscape("'".repeat(256)) })).toHaveLength(256);
});

test('all three routes mean the same workspace, and the token’s own name too', async () => {
  const rig = apiRig();
  const launch = (user: string, extra: object = {}) =>
    rig.call('hatchery', 'POST', '/hatchery/launch', { user, nextflow: A_BLOCK, ...extra });
  await launch("o'neil");
  expect((await launch('o&#39;neil')).status).toBe(202);
  expect((await launch('o&#39;neil', { userIsEscaped: true })).status).toBe(202);
  expect(rig.workflows.started).toHaveLength(1);
  await rig.finish("o'neil");
  for (const query of ['user=o%27neil', 'user=o%26%2339%3Bneil', 'user=o%26%2339%3Bneil&userIsEscaped=true']) {
    expect((await rig.call('hatchery', 'GET', `/hatchery/nextflow-config?${query}`)).status).toBe(200);
  }
  expect(
    (await rig.call('hatchery', 'GET', '/hatchery/nextflow-config?user=o%26%2339%3Bneil&userIsEscaped=false')).status,
  ).toBe(404);
  expect((await rig.call('hatchery', 'POST', '/hatchery/terminate', { user: 'o&#39;neil' })).status).toBe(202);
  expect(rig.workflows.started).toHaveLength(2);
});
