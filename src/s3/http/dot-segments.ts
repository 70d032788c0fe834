/**
 * Keys may hold `.` and `..` segments, and S3 keeps them as they are. A server that stores objects as files may resolve
 * them instead; then `mine/../other/k` names another bucket, and a key of slashes the bucket itself. These keys are refused
 * before they can.
 */
import { S3Error } from '../errors.ts';

export type DotSegments = 'forward' | 'inside' | 'reject';

const HAS_DOTS = /(^|[/\\])\.{1,2}([/\\]|$)/;
const HAS_DOUBLE_DOTS = /(^|[/\\])\.\.([/\\]|$)/;

const refused = (): S3Error => new S3Error('InvalidURI', 'Keys with segments of dots are not supported here.');

/** @param prefix keys below it are the principal's. @throws S3Error InvalidURI */
export const checkDotSegments = (policy: DotSegments, key: string, prefix: string): void => {
  if (policy === 'forward') return;
  if (!HAS_DOTS.test(key)) {
    if (/^[/\\]*$/.test(key)) throw new S3Error('InvalidURI', 'Keys of nothing but slashes are not supported here.');
    return;
  }
  // What resolves to nothing is the bucket: DELETE of it would be DeleteBucket.
  if (policy === 'reject' || prefix !== '' || resolvedDepth(key) <= 0) throw refused();
};

/**
 * The prefix of a listing is compared with keys, but a server that keeps objects as files looks for it in its folders. One
 * dot alone leaves a folder as it is, and two may begin a name that does not end there.
 * @param prefix as for keys. @throws S3Error InvalidURI
 */
export const checkListPrefix = (policy: DotSegments, listPrefix: string, prefix: string): void => {
  if (policy === 'forward' || !HAS_DOUBLE_DOTS.test(listPrefix)) return;
  if (policy === 'reject' || prefix !== '' || resolvedDepth(listPrefix) < 0) throw refused();
};

/** Segments that are left once the dots are resolved, where a backslash separates as well as where it does not. */
const resolvedDepth = (key: string): number => Math.min(depthOf(key.split('/')), depthOf(key.split(/[/\\]/)));

/** @returns -1 when they climb above the bucket at any point */
function depthOf(segments: readonly string[]): number {
  let depth = 0;
  for (const segment of segments) {
    if (segment === '..') depth--;
    else if (segment !== '.' && segment !== '') depth++;
    if (depth < 0) return -1;
  }
  return depth;
}
