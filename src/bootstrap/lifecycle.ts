/** What goes from the control bucket by itself: nobody else removes it. */
import type { LifecycleRule } from '@aws-sdk/client-s3';

/** No intent is read again after the visibility window, which is of minutes, and no start after a day. */
export const EXPIRING = ['claims/', 'intents/', 'starts/', 'task-requests/'] as const;

export const EXPIRING_AFTER_DAYS = 30;

export const CONTROL_BUCKET_RULES: readonly LifecycleRule[] = EXPIRING.map((Prefix) => ({
  ID: `eyrie-${Prefix.slice(0, -1)}`,
  Status: 'Enabled',
  Filter: { Prefix },
  Expiration: { Days: EXPIRING_AFTER_DAYS },
}));
