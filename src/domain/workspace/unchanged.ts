/** Whether something has happened to a workspace since somebody looked at it: what they ask for may not fit it any more. */

/** An operation that began or ended, or a key that was handed out. `updatedAt`: of the record, which a claim does not write. */
export const lastChange = (updatedAt: string, claimedAt: string | null): string =>
  claimedAt !== null && Date.parse(claimedAt) > Date.parse(updatedAt) ? claimedAt : updatedAt;

/** @param since the `updatedAt` that they saw: to the same clock as what it is compared with */
export const isUnchangedSince = (updatedAt: string, claimedAt: string | null, since: string): boolean =>
  Date.parse(lastChange(updatedAt, claimedAt)) <= Date.parse(since);
