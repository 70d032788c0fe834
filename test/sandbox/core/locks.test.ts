import { expect, test } from 'vitest';
import { createLocks } from '../../../sandbox/core/locks.ts';

test('a call that is never answered fails, and the next one of its account has its turn', async () => {
  const locks = createLocks(20);
  const hung = locks('1', () => new Promise<never>(() => {}));
  const next = locks('1', async () => 'answered');
  await expect(hung).rejects.toThrow('gave no answer');
  await expect(next).resolves.toBe('answered');
});

test('calls of one account come one after the other, also after one that failed', async () => {
  const locks = createLocks();
  const seen: string[] = [];
  const first = locks('1', async () => {
    seen.push('first begins');
    await Promise.resolve();
    seen.push('first ends');
    throw new Error('refused');
  });
  const second = locks('1', async () => void seen.push('second'));
  await expect(first).rejects.toThrow('refused');
  await second;
  expect(seen).toEqual(['first begins', 'first ends', 'second']);
});
