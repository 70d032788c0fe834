/** How long a key still works, in the words that gen3-workflow's users know. */
import type { AccessKey } from '../core/access-key.ts';
import { isLive } from './record.ts';

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
] as const;

const SECOND_MS = 1_000;

/**
 * `expired`, or `expires in N <unit>`: what is left in the largest unit of which there is a whole one, rounded down.
 * A key of 30 days that was made just now has 29, whatever the clocks of AWS and of this machine say.
 */
export const statusOf = (key: Pick<AccessKey, 'state' | 'createdAt' | 'expiresAt'>, now: number): string => {
  if (!isLive(key, now)) return 'expired';
  if (key.expiresAt === null) return 'does not expire';
  const end = Date.parse(key.expiresAt);
  const leftMs = Math.min(end - now, end - Date.parse(key.createdAt) - 1);
  for (const [unit, ms] of UNITS) if (leftMs >= ms) return `expires in ${Math.floor(leftMs / ms)} ${unit}`;
  return `expires in ${Math.floor(leftMs / SECOND_MS)} seconds`;
};
