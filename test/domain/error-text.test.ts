import { expect, test } from 'vitest';
import { errorText } from '#domain/core/error-text.ts';

test('an error is told with all that led to it, and nothing twice', () => {
  const reason = new Error('14 UNAVAILABLE: no route');
  const error = new Error('Failed to create schedule', {
    cause: new Error('Failed to create schedule', { cause: reason }),
  });
  expect(errorText(error)).toBe('Failed to create schedule: 14 UNAVAILABLE: no route');
  expect(errorText('a text')).toBe('a text');
  expect(errorText(new Error('alone'))).toBe('alone');
});
