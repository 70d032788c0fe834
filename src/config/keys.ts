/** Options of the keys that users and tasks are given. */
import { z } from 'zod';
import type { KeySettings } from '#domain/keys/input.ts';

const DAY_MS = 86_400_000;

/** Part of `storage`. */
export const KEY_OPTIONS = {
  userKeys: z
    .boolean()
    .default(false)
    .describe('Users may make access keys for their own bucket: `/storage/credentials`. Off: those routes answer 404.'),
  'max-iam-keys-per-user': z
    .int()
    .min(1)
    .max(2)
    .default(2)
    .describe('Live keys that a user may have; expired ones do not count. IAM allows two at most.'),
  'iam-keys-lifetime-days': z
    .number()
    .min(0.01)
    .max(3650)
    .default(30)
    .describe('How long a key lives, a user’s or a system key. A task gets one with half of it left, or more.'),
} as const;

export const keySettingsOf = (storage: {
  readonly 'max-iam-keys-per-user': number;
  readonly 'iam-keys-lifetime-days': number;
}): KeySettings => ({
  lifetimeMs: storage['iam-keys-lifetime-days'] * DAY_MS,
  maxKeys: storage['max-iam-keys-per-user'],
});
