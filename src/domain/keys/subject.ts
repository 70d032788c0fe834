import type { SubjectRef } from '../core/subject.ts';

/** Whose keys: a person's, shown to them, or those that Eyrie gives to the tasks of that person. */
export type HolderRole = 'user' | 'system';

const SYSTEM_SUFFIX = '-bot';

/** User 7's system keys are those of `7-bot`, so nobody whose id ends like that can hold keys. */
export const mayHoldKeys = (userId: string): boolean => userId !== '' && !userId.endsWith(SYSTEM_SUFFIX);

/** What stands for the holder in names: a user id, or one with `-bot` behind it. */
export const holderName = (userId: string, role: HolderRole): string =>
  role === 'system' ? `${userId}${SYSTEM_SUFFIX}` : userId;

export const keyHolderSubject = (environment: string, userId: string, role: HolderRole): SubjectRef => ({
  kind: 'key-holder',
  environment,
  name: holderName(userId, role),
});
