/** Names of what belongs to a key holder: those of gen3-workflow, so that what an existing commons has is found. */
import { environmentOf } from '../core/escaping.ts';

const NAME_MAX = 63;
const PREFIX = 'gen3wf-';

/** What IAM takes in the name of a user. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html */
const IAM_NAME = /^[\w+=,.@-]+$/;

/**
 * `gen3wf-<hostname with dots as dashes>-<holder>`; the host part is cut to fit, the holder never. Undefined where that
 * is no name for IAM, or would be another holder's as well.
 */
export const iamUserName = (hostname: string, holder: string): string | undefined => {
  const host = `${PREFIX}${environmentOf(hostname)}`;
  const kept = Math.max(NAME_MAX - holder.length - 1, 0);
  const name = `${host.slice(0, kept)}-${holder}`;
  if (holder === '' || !name.startsWith(PREFIX) || !IAM_NAME.test(name)) return undefined;
  return isAmbiguous(host, kept, holder) ? undefined : name;
};

/** Where the host is cut at a dash, a holder that begins with what was cut off spells it out again, for a shorter one. */
const isAmbiguous = (host: string, kept: number, holder: string): boolean => {
  if (host[kept] !== '-') return false;
  const cutOff = host.slice(kept + 1);
  return [...holder.matchAll(/-/g)].some(({ index }) => cutOff.startsWith(holder.slice(0, index)));
};

/** Value of the tags `Name` and `name`: the keys' first service wrote the one on users, its later versions the other. */
export const nameTagOf = (hostname: string): string => `${PREFIX}${environmentOf(hostname)}`;
