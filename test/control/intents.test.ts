import { expect, test } from 'vitest';
import { controlRig } from './rig.ts';

test('an intent is open until it is settled, keeps what was known, and is gone when removed', async (t) => {
  const { intents } = (await controlRig(t)).control;
  const name = 'brh.a- 9b/launch-1/vpc';
  await intents.settle(name);
  expect(await intents.read(name)).toBeUndefined();
  await intents.write(name, { at: '2026-01-01T00:00:00Z', known: ['a'] });
  expect(await intents.read(name)).toEqual({ at: '2026-01-01T00:00:00Z', settled: false, known: ['a'] });
  await intents.settle(name);
  expect(await intents.read(name)).toMatchObject({ settled: true, known: ['a'] });
  expect(await intents.read('brh.a- 9b/launch-2/vpc')).toBeUndefined();
  await intents.remove(name);
  await intents.remove(name);
  expect(await intents.read(name)).toBeUndefined();
});
