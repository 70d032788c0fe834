/**
 * Which accounts compute environments may be made in, and how they are entered: Eyrie's own, and those that the
 * configuration lists. A role that a caller named freely would be entered with Eyrie's rights.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
import type { AccountRef } from '#domain/core/account.ts';
import { ApiProblem } from '../problems.ts';

export interface ListedAccount {
  readonly accountId: string;
  readonly roleArn: string;
  readonly externalId: string | null;
}

/** What a caller says of it. */
export interface AccountWish {
  readonly id: string;
  readonly roleArn: string | null;
  readonly externalId: string | null;
}

/** @throws Invalid where it is none that may be used, in the same words whatever it is that differs. */
export type ResolveAccount = (wish: AccountWish | null, region: string) => Promise<AccountRef>;

export const createResolveAccount =
  (listed: readonly ListedAccount[], ownAccountId: () => Promise<string>): ResolveAccount =>
  async (wish, region) => {
    const isOwn = wish === null || (wish.roleArn === null && wish.externalId === null);
    const own = isOwn ? await ownAccountId() : undefined;
    if (own !== undefined && (wish === null || wish.id === own)) {
      return { accountId: own, region, roleArn: null, externalId: null };
    }
    const found = listed.find(
      ({ accountId, roleArn, externalId }) =>
        accountId === wish?.id &&
        (wish.roleArn === null || wish.roleArn === roleArn) &&
        (wish.externalId === null || wish.externalId === externalId),
    );
    if (found) return { ...found, region };
    throw new ApiProblem('Invalid', 'the request is not valid', {
      errors: [
        { pointer: '/account', detail: 'neither Eyrie’s own account nor one with its role in compute.accounts' },
      ],
    });
  };
