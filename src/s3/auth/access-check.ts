/**
 * The one decision about a resource. It is asked for each resource that an operation touches: what the URL addresses,
 * the source of a copy, every key of a multi-delete.
 */
import { S3Error } from '../errors.ts';
import type { Grant, Principal, Right } from '../identity/principal.ts';

export interface Resource {
  readonly bucket: string;
  /** Undefined for the bucket itself. */
  readonly key?: string | undefined;
  /** For listings: only keys that begin with it are shown. */
  readonly listPrefix?: string | undefined;
}

/**
 * Buckets are compared for equality, never by prefix. The text is the same whether the resource exists or not.
 * @throws S3Error AccessDenied
 */
export const authorise = (principal: Principal, right: Right, resource: Resource): void => {
  if (resource.bucket !== principal.bucket) throw new S3Error('AccessDenied');
  if (!principal.rights.includes(right)) throw new S3Error('AccessDenied');
  if (principal.grants && !principal.grants.some((grant) => covers(grant, right, resource)))
    throw new S3Error('AccessDenied');
  if (principal.prefix === '') return;
  const shown = resource.key ?? resource.listPrefix;
  if (shown !== undefined && !shown.startsWith(principal.prefix)) throw new S3Error('AccessDenied');
};

/**
 * A session for certain files that looks around in the whole bucket is shown nothing, instead of being refused: Funnel
 * does so for each file, to see whether there is a directory of its name.
 * @param objects it is a listing of objects, not of versions or uploads
 */
export const seesNothing = ({ grants }: Principal, objects: boolean, listPrefix: string | undefined): boolean =>
  objects && listPrefix === '' && grants !== undefined && !grants.some(({ prefixes }) => prefixes.includes(''));

/** Clients look whether there is anything below a key before they read it, so it may be listed by its own name. */
const covers = ({ rights, keys, prefixes }: Grant, right: Right, { key, listPrefix }: Resource): boolean => {
  if (!rights.includes(right)) return false;
  if (key !== undefined) return keys.includes(key) || prefixes.some((prefix) => key.startsWith(prefix));
  if (listPrefix === undefined) return true;
  return (
    keys.includes(listPrefix) || prefixes.some((prefix) => listPrefix.startsWith(prefix) || `${listPrefix}/` === prefix)
  );
};
