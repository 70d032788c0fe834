import { expect, test } from 'vitest';
import type { SubjectRef } from '#domain/core/subject.ts';
import { controlRig } from './rig.ts';

test('an intent is open until it is settled, keeps what was known, and is gone when removed', async (t) => {
  const { intents } = (await controlRig(t)).control;
  const of = { kind: 'workspace', environment: 'brh', name: 'a- 9b' } as const;
  const ref = { of, run: 'launch-1', what: 'vpc' };
  await intents.settle(ref);
  expect(await intents.read(ref)).toBeUndefined();
  await intents.write(ref, { at: '2026-01-01T00:00:00Z', known: ['a'] });
  expect(await intents.read(ref)).toEqual({ at: '2026-01-01T00:00:00Z', settled: false, known: ['a'] });
  await intents.settle(ref);
  expect(await intents.read(ref)).toMatchObject({ settled: true, known: ['a'] });
  expect(await intents.read({ ...ref, run: 'launch-2' })).toBeUndefined();
  await intents.remove(ref);
  await intents.remove(ref);
  expect(await intents.read(ref)).toBeUndefined();
});

test('who forgets a key holder leaves the intents of a workspace of the same name alone', async (t) => {
  const { intents, traces } = (await controlRig(t)).control;
  const holder = { kind: 'key-holder', environment: 'brh', name: '7' } as const;
  const workspace = { ...holder, kind: 'workspace' } as const;
  const ref = (of: SubjectRef) => ({ of, run: 'run-1', what: 'access-key' });
  for (const each of [holder, workspace]) await intents.write(ref(each), { at: '2026-01-01T00:00:00Z' });
  await traces.removeAll(holder);
  expect(await intents.read(ref(holder))).toBeUndefined();
  expect(await intents.read(ref(workspace))).toBeDefined();
});
