/** The name of a user's bucket: the rule of gen3-workflow, byte for byte, so that existing buckets are found. */
import { isBucketName } from './request.ts';

const BUCKET_NAME_MAX = 63;

/**
 * `gen3wf-<hostname with dots as dashes>-<user id>`; the host part is cut to fit, the user id never.
 * @returns undefined when the user id can't stand in a bucket name, or would share the bucket of another one: such a user
 * has no bucket.
 */
export const bucketNameOf = (hostname: string, userId: string): string | undefined => {
  const host = `gen3wf-${hostname.replaceAll('.', '-')}`;
  const kept = Math.max(BUCKET_NAME_MAX - userId.length - 1, 0);
  if (isAmbiguous(host, kept, userId)) return undefined;
  const name = `${host.slice(0, kept)}-${userId}`;
  return userId !== '' && name.startsWith('gen3wf-') && isBucketName(name) ? name : undefined;
};

/** Where the host is cut at a dash, a user id that begins with what was cut off spells it out again, for a shorter user id. */
const isAmbiguous = (host: string, kept: number, userId: string): boolean => {
  if (host[kept] !== '-') return false;
  const cutOff = host.slice(kept + 1);
  for (let dash = userId.indexOf('-'); dash >= 0; dash = userId.indexOf('-', dash + 1)) {
    if (cutOff.startsWith(userId.slice(0, dash))) return true;
  }
  return false;
};
