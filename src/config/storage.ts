/** Options of the users' storage. */
import { z } from 'zod';
import { KEY_OPTIONS } from './keys.ts';

const days = z.int().min(1).max(36_500);

export const StorageConfig = z.strictObject({
  expirationDays: days.default(30).describe("Days after which objects in a user's bucket expire."),
  nonCurrentDays: days.default(3).describe('Days after which earlier versions of objects go.'),
  abortUploadsDays: days.default(7).describe('Days after which uploads go that nobody completed.'),
  versioning: z
    .boolean()
    .default(false)
    .describe('Keep earlier versions of objects. Where false, the versioning of a bucket is left as it is.'),
  kms: z
    .boolean()
    .default(true)
    .describe(
      "Encrypt each user's objects with a KMS key of their own. Switched off, the key stays: earlier objects need it.",
    ),
  corsOrigins: z
    .array(z.string().min(1))
    .optional()
    .describe('Origins whose pages may call the buckets from a browser. Default: `https://` and the environment.'),
  ...KEY_OPTIONS,
});
