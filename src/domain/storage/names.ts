/** Names of what belongs to a user's storage: those of gen3-workflow, so that what an existing commons has is found. */
import { environmentOf } from '../core/escaping.ts';

/** Where task files go in the bucket. */
const WORK_DIRECTORY = 'ga4gh-tes';

export const workdirOf = (bucket: string): string => `s3://${bucket}/${WORK_DIRECTORY}`;

/** KMS takes no dot in an alias, and no bucket has an underscore: two buckets never share one. */
export const kmsAliasOf = (bucket: string): string => `alias/${bucket.replaceAll('.', '_')}`;

/** Value of the tag `Name` on all that is made for users. */
export const nameTagOf = (hostname: string): string => `gen3wf-${environmentOf(hostname)}`;
