import { describe, expect, test } from 'vitest';
import { iamUserName, nameTagOf } from '#domain/keys/names.ts';
import { holderName, keyHolderSubject, mayHoldKeys } from '#domain/keys/subject.ts';

describe('the IAM user of a holder', () => {
  test('is named as gen3-workflow names it', () => {
    expect(iamUserName('qwert.qwert', 'asdfgh')).toBe('gen3wf-qwert-qwert-asdfgh');
    expect(iamUserName('qwert.qwert', holderName('asdfgh', 'system'))).toBe('gen3wf-qwert-qwert-asdfgh-bot');
    expect(nameTagOf('qwert.qwert')).toBe('gen3wf-qwert-qwert');
  });

  test.for(['user', 'system'] as const)(
    'of a %s has 63 characters at most: the host is cut, the holder is not',
    (role) => {
      const holder = holderName('asdfgh', role);
      const name = iamUserName('a'.repeat(65), holder);
      expect(name).toHaveLength(63);
      expect(name?.endsWith(`-${holder}`)).toBe(true);
    },
  );

  test('there is none for what IAM can not name, and none that two holders would share', () => {
    expect(iamUserName('h.org', '')).toBeUndefined();
    expect(iamUserName('h.org', 'a b')).toBeUndefined();
    expect(iamUserName('h.org', 'ä')).toBeUndefined();
    expect(iamUserName('h.org', 'x'.repeat(60))).toBeUndefined();
    // Cut at a dash of the host, this holder would spell out what was cut off, for the holder `x`.
    const host = `${'a'.repeat(50)}-b`;
    expect(iamUserName(host, `b-${'x'.repeat(3)}`)).toBeUndefined();
    // Control: without the dash behind it, it spells nothing.
    expect(iamUserName(host, `bb${'x'.repeat(3)}`)).toBeDefined();
  });

  test('a user can not be another one’s bot', () => {
    expect(mayHoldKeys('7')).toBe(true);
    expect(mayHoldKeys('7-bot')).toBe(false);
    expect(mayHoldKeys('')).toBe(false);
    expect(keyHolderSubject('h', '7', 'system').name).toBe('7-bot');
    expect(keyHolderSubject('h', '7', 'user').name).toBe('7');
  });
});
