import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '#domain/core/canonical-json.ts';

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
};

test('the order of members makes no difference, and nothing is lost', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('different values give different texts', () => {
  const texts = [{}, [], '', 0, null, { a: 1 }, { a: '1' }, { a: [1] }, { b: 1 }, [1, 2], [2, 1]].map(canonicalJson);
  expect(new Set(texts).size).toBe(texts.length);
});

test('a member that is undefined is as if it were not there', () => {
  expect(canonicalJson({ b: 1, a: undefined })).toBe('{"b":1}');
});
