import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };

test('the Node that a version manager takes is the one that npm installs', () => {
  const wanted = readFileSync(new URL('../../.node-version', import.meta.url), 'utf8').trim();
  expect(Object.values(manifest.optionalDependencies)).toEqual([wanted, wanted]);
});
