/** Of which steps a user's storage consists. */
import type { StoragePlan } from '#domain/storage/plan.ts';
import type { StagesOf } from '../kernel/removal-stages.ts';
import { access } from '../steps/access.ts';
import { encryptionKey } from '../steps/encryption-key.ts';
import { objects } from '../steps/objects.ts';
import { ownBucket } from '../steps/own-bucket.ts';
import { publishStorage } from './publish.ts';

/** In the order in which operators read them. Undone last begun first. */
export const SET_UP = [encryptionKey, ownBucket, access, publishStorage] as const;

/** The objects alone. */
export const EMPTY: StagesOf<StoragePlan> = [[objects]];

/** What set-ups that failed have left. A bucket that holds something stays. */
export const SWEEP: StagesOf<StoragePlan> = [[ownBucket], [encryptionKey]];

/** Objects before the bucket; the key last: a bucket that stays needs it. */
export const DISPOSE: StagesOf<StoragePlan> = [[objects], [ownBucket], [encryptionKey]];
