/**
 * Keys may hold `.` and `..` segments, and S3 keeps them as they are. A server that stores objects as files may resolve
 * them instead; then `mine/../other/k` names another bucket. These keys are refused before they can.
 */
import { S3Error } from './errors.ts';

export type DotSegments = 'forward' | 'inside' | 'reject';

const HAS_DOTS = /(^|\/)\.{1,2}(\/|$)/;

/** @param prefix keys below it are the principal's. @throws S3Error InvalidURI */
export const checkDotSegments = (policy: DotSegments, key: string, prefix: string): void => {
  if (policy === 'forward' || !HAS_DOTS.test(key)) return;
  if (policy === 'reject' || prefix !== '' || leavesBucket(key)) {
    throw new S3Error('InvalidURI', 'Keys with segments of dots are not supported here.');
  }
};

/** Would `..` climb above the bucket at any point? */
function leavesBucket(key: string): boolean {
  let depth = 0;
  for (const segment of key.split('/')) {
    if (segment === '..') depth--;
    else if (segment !== '.' && segment !== '') depth++;
    if (depth < 0) return true;
  }
  return false;
}
