import { expect, test } from 'vitest';
import { withGivenFiles } from '#cli/given-files.ts';

const TODO = '`eyrie bootstrap --apply --pay-model`, with credentials of account 444455556666, makes it';

test.each([
  ['no file', {}, 'eyrie bootstrap --apply --pay-model'],
  ['a configuration', { config: 'eyrie.yaml' }, 'eyrie bootstrap --apply --pay-model --config eyrie.yaml'],
  [
    'both, one with a blank in it',
    { config: '/tmp/a b/config.yaml', hatcheryConfig: 'hatchery.json' },
    "eyrie bootstrap --apply --pay-model --config '/tmp/a b/config.yaml' --hatchery-config hatchery.json",
  ],
])('with %s, what is proposed can be typed as it stands', (_, files, command) => {
  expect(withGivenFiles(TODO, files)).toBe(`\`${command}\`, with credentials of account 444455556666, makes it`);
});

test('other commands find what they need by themselves', () => {
  const todo = 'start a worker: `eyrie worker`; docs/how-to/deploy.md says how `eyrie bootstrap` is used';
  expect(withGivenFiles(todo, { config: 'eyrie.yaml' })).toBe(todo);
});
