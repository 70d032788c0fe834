/** IAM's names: unique in an account whatever their path, and without regard to case. */

import type { AccountRef } from '#domain/core/account.ts';
import { partitionOf } from '#domain/core/account.ts';
import { fail } from '#domain/core/failures.ts';

export const iamArn = ({ accountId, region }: AccountRef, resource: string): string =>
  `arn:${partitionOf(region)}:iam::${accountId}:${resource}`;

/** Something found under a name: is it exactly that one? @throws Conflict */
export const assertSameName = (
  kind: string,
  wanted: { readonly name: string; readonly path: string },
  found: { readonly name: string | undefined; readonly path: string | undefined },
): void => {
  if (found.name === wanted.name && (found.path ?? '/') === wanted.path) return;
  throw fail(
    'Conflict',
    `${kind} ${wanted.path}${wanted.name} can't be made: ${found.path ?? '/'}${found.name} has its name, and IAM tells ` +
      'names apart by neither path nor case; it was left as it is',
  );
};

export const isSameName = (one: string | undefined, other: string): boolean =>
  one?.toLowerCase() === other.toLowerCase();
