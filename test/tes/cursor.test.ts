import { expect, test } from 'vitest';
import { createCursors } from '#tes/cursor.ts';

const [one, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
const POSITION = { token: 'task-of-somebody-else', within: { size: 5, after: 'x' } };

test('a cursor holds its position, and tells nobody', () => {
  const cursor = createCursors([one]).seal(POSITION, 'alice');
  expect(createCursors([one]).open(cursor, 'alice')).toEqual(POSITION);
  expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('somebody');
});

test('it is good for one caller and one list, and is not changed', () => {
  const cursors = createCursors([one]);
  const cursor = cursors.seal(POSITION, 'alice');
  expect(() => cursors.open(cursor, 'bob')).toThrow('not one that this list has given');
  expect(() => createCursors([other]).open(cursor, 'alice')).toThrow();
  for (let at = 0; at < cursor.length; at++) {
    const changed = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'B' : 'A'}${cursor.slice(at + 1)}`;
    expect(() => cursors.open(changed, 'alice')).toThrow();
  }
  for (const text of ['', 'x', cursor.slice(1), `${cursor}AAAA`, 'A'.repeat(10_000)])
    expect(() => cursors.open(text, 'alice')).toThrow();
});

test('it is good while its key is in the list', () => {
  const cursor = createCursors([one]).seal(POSITION, 'alice');
  expect(createCursors([other, one]).open(cursor, 'alice')).toEqual(POSITION);
});
