/** No key and no prefix of a listing climbs, whatever rule the upstream resolves dots by. */
import { describe, expect, test } from 'vitest';
import { checkDotSegments, checkListPrefix } from '#s3/http/dot-segments.ts';
import { createRandom } from './support/random.ts';

/** Ways in which servers that keep objects as files resolve a path. */
const RESOLVERS: Readonly<Record<string, (path: string) => string>> = {
  posix: (path) => resolve(path.split('/').filter((part) => part !== '')),
  windows: (path) => resolve(path.split(/[/\\]/).filter((part) => part !== '')),
  // RFC 3986, 5.2.4: an empty segment is one that `..` takes away.
  url: (path) => resolve(path.split('/')),
};

function resolve(segments: readonly string[]): string {
  const out: string[] = [];
  for (const segment of segments) {
    if (segment === '..') out.pop();
    else if (segment !== '.') out.push(segment);
  }
  return `/${out.join('/').replace(/^\/+/, '')}`;
}

const isRefused = (check: () => void): boolean => {
  try {
    check();
    return false;
  } catch {
    return true;
  }
};

const PIECES = ['.', '..', '...', '/', '/', '/', '\\', 'a', 'b', '.a', 'a.', '..a', '%2e', ' '];

describe('property: an accepted key stays an object of the bucket, an accepted prefix in the bucket', () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
  const random = createRandom(seed);
  const texts = Array.from({ length: 20_000 }, () =>
    Array.from({ length: 1 + random.below(8) }, () => PIECES[random.below(PIECES.length)]).join(''),
  );

  test.each(Object.keys(RESOLVERS))('%s', (name) => {
    const resolver = RESOLVERS[name] as (path: string) => string;
    const escaped: string[] = [];
    for (const text of texts) {
      if (!isRefused(() => checkDotSegments('inside', text, ''))) {
        const path = resolver(`/up/bucket/${text}`);
        if (!path.startsWith('/up/bucket/') || /^\/up\/bucket\/*$/.test(path)) escaped.push(text);
      }
      if (!isRefused(() => checkListPrefix('inside', text, ''))) {
        if (!`${resolver(`/up/bucket/${text}`)}/`.startsWith('/up/bucket/')) escaped.push(`prefix ${text}`);
      }
      const own = `own/${text}`;
      if (!isRefused(() => checkDotSegments('inside', own, 'own/')) && !resolver(`/b/${own}`).startsWith('/b/own'))
        escaped.push(`session ${text}`);
      if (
        !isRefused(() => checkListPrefix('inside', own, 'own/')) &&
        !`${resolver(`/b/${own}`)}/`.startsWith('/b/own/')
      )
        escaped.push(`session prefix ${text}`);
    }
    expect(escaped, `seed ${seed}`).toEqual([]);
  });
});

test.each(['a/..', '..', '.', './', 'a/../', 'a//..', 'a/b/../..', 'a\\..', '', '/', '//', '\\'])(
  '%j would be the bucket',
  (key) => {
    expect(() => checkDotSegments('inside', key, '')).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
    expect(() => checkDotSegments('forward', key, '')).not.toThrow();
  },
);

test.each(['a/../b', 'a/./b', '...', '.hidden', 'a/..b', '/a', 'a/', '//a'])('%s is a key', (key) => {
  expect(() => checkDotSegments('inside', key, '')).not.toThrow();
});

test.each(['logs/.', '.', '.hid', 'a/..', 'logs/..hid'])('%s is a prefix', (prefix) => {
  expect(() => checkListPrefix('inside', prefix, '')).not.toThrow();
});

test.each(['..', '../', 'a/../..', '../other'])('%s is no prefix', (prefix) => {
  expect(() => checkListPrefix('inside', prefix, '')).toThrow(expect.objectContaining({ code: 'InvalidURI' }));
});
