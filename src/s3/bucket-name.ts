/** The name of a user's bucket: the rule of gen3-workflow, byte for byte, so that existing buckets are found. */
import { isBucketName } from './request.ts';

const BUCKET_NAME_MAX = 63;

/**
 * `gen3wf-<hostname with dots as dashes>-<user id>`; the host part is cut to fit, the user id never.
 * @returns undefined when the user id can't stand in a bucket name: such a user has no bucket.
 */
export const bucketNameOf = (hostname: string, userId: string): string | undefined => {
  const host = `gen3wf-${hostname.replaceAll('.', '-')}`;
  const name = `${host.slice(0, Math.max(BUCKET_NAME_MAX - userId.length - 1, 0))}-${userId}`;
  return userId !== '' && name.startsWith('gen3wf-') && isBucketName(name) ? name : undefined;
};
