import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refusedImages } from '#tes/images.ts';

const allowed = (image: string, patterns: readonly string[], user = 'alice'): boolean =>
  refusedImages([image], patterns, user).length === 0;

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('an image is', () => {
  test.each([
    ['alpine', ['alpine']],
    ['alpine:3.20', ['alpine:3.20']],
    ['alpine:3.20', ['alpine:*']],
    ['alpine', ['alpine:*']],
    [`alpine@${DIGEST}`, ['alpine:*']],
    [`alpine:3.20@${DIGEST}`, ['alpine:*']],
    [`alpine@${DIGEST}`, [`alpine@${DIGEST}`]],
    ['quay.io/org/tool:1', ['quay.io/org/*']],
    ['quay.io/org/deep/tool:1', ['quay.io/org/*']],
    ['localhost:5000/x:1', ['localhost:5000/x:*']],
    ['quay.io/alice/tool:1', ['quay.io/{username}/*']],
    ['quay.io/a.ice/tool:1', ['quay.io/{username}/*'], 'a.ice'],
    ['anything:at-all', ['*']],
    ['tool:1', ['other', 'to*:1']],
  ])('allowed: %s by %j', (image, patterns, user = 'alice') => {
    expect(allowed(image, patterns, user)).toBe(true);
  });

  test.each([
    ['alpine', []],
    ['alpine:3.20', ['alpine']],
    ['alpine:3.21', ['alpine:3.20']],
    ['evil/alpine:3.20', ['alpine:*']],
    ['alpine:3.20/../evil', ['alpine:*']],
    ['alpine:1/evil', ['alpine:*']],
    ['quay-io/org/tool', ['quay.io/org/*']],
    ['quay.io/orgs/tool', ['quay.io/org/*']],
    ['quay.io/org/../evil/tool', ['quay.io/org/*']],
    ['quay.io/org//tool', ['quay.io/org/*']],
    ['/etc/image.sif', ['*']],
    ['alpine\n', ['alpine', '*']],
    ['alpine --privileged', ['alpine*', '*']],
    ['--privileged', ['*']],
    ['alpine$(id)', ['*']],
    ['', ['*']],
    ['quay.io/bob/tool:1', ['quay.io/{username}/*']],
    ['quay.io/bob/tool:1', ['quay.io/{username}/*'], '.*'],
    ['quay.io/bob/tool:1', ['quay.io/{username}/*'], '*'],
    ['quay.io/bob/x/tool:1', ['quay.io/{username}/*'], 'bob/x'],
    ['quay.io//tool:1', ['quay.io/{username}/*'], ''],
    ['quay.io/../tool:1', ['quay.io/{username}/*'], '..'],
    [`alpine@${DIGEST.slice(0, -1)}1`, [`alpine@${DIGEST}`]],
  ])('refused: %s by %j', (image, patterns, user = 'alice') => {
    expect(allowed(image, patterns, user)).toBe(false);
  });
});

const part = fc.stringMatching(/^[a-z0-9][a-z0-9._+-]{0,8}$/);
const repository = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

test('what a pattern says literally has to be there, character by character', () => {
  fc.assert(
    fc.property(repository, part, fc.nat(), part, (name, tag, at, other) => {
      expect(allowed(`${name}:${tag}`, [`${name}:${tag}`])).toBe(true);
      expect(allowed(`${name}:${tag}`, [`${name}:*`])).toBe(true);
      const index = at % name.length;
      const changed = `${name.slice(0, index)}${name[index] === 'q' ? 'r' : 'q'}${name.slice(index + 1)}`;
      for (const pattern of [`${name}:*`, `${name}:${tag}`, name])
        expect(allowed(`${changed}:${tag}`, [pattern])).toBe(false);
      expect(allowed(`${other}/${name}:${tag}`, [`${name}:*`])).toBe(false);
    }),
  );
});

test('whatever a user is called, the pattern for their images is for theirs alone', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), part, (user, image) => {
      const pattern = ['registry.example.org/{username}/*'];
      fc.pre(user !== 'somebody');
      expect(allowed(`registry.example.org/somebody/${image}`, pattern, user)).toBe(false);
    }),
  );
});

test('many stars take no longer than few', () => {
  const pattern = `${'*a'.repeat(500)}b`;
  expect(allowed('a'.repeat(1_000), [pattern])).toBe(false);
  expect(allowed(`${'a'.repeat(1_000)}b`, [pattern])).toBe(true);
});
