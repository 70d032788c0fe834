/** The calls of a launch as its journal shows them, and inventories made comparable across accounts. */

import type { InventoryItem, JournalEntry } from 'eyrie-sandbox/client';
import type { WorkspaceNames } from '#domain/workspace/names.ts';
import type { SandboxAccount } from './sandbox.ts';

/** The nth call (from 0) of an operation that changes something. */
export interface Change {
  readonly service: string;
  readonly operation: string;
  readonly nth: number;
}

export const changesOf = (journal: readonly JournalEntry[]): Change[] => {
  const seen = new Map<string, number>();
  return journal
    .filter(({ mutating }) => mutating)
    .flatMap(({ service, operation, errorCode }) => {
      const nth = seen.get(`${service}:${operation}`) ?? 0;
      seen.set(`${service}:${operation}`, nth + 1);
      // A dry run changes nothing, and a launch goes on when it is refused; it counts for those that come after it.
      return errorCode === 'DryRunOperation' ? [] : [{ service, operation, nth }];
    });
};

export const named = ({ service, operation, nth }: Change): string => `${service}:${operation}#${nth + 1}`;

/** Its answer is lost and something new exists. */
export const isCreating = ({ operation }: Change): boolean => /^(Create|Run)/.test(operation);

/** The shared resources of an account's foundation. */
export const isShared = ({ type, name, id }: InventoryItem, names: WorkspaceNames): boolean =>
  type.startsWith('AWS::KMS::') ||
  (type === 'AWS::S3::Bucket' && id === names.bucket) ||
  ((type === 'AWS::IAM::Role' || type === 'AWS::IAM::InstanceProfile') && name === names.instanceProfile);

/**
 * The inventory with every id, account number, user and launch replaced by what it stands for, so that those of two
 * accounts are equal when the accounts are.
 */
export const comparable = (
  items: readonly InventoryItem[],
  words: { readonly account: SandboxAccount; readonly escapedUser: string },
): unknown[] => {
  const replaced: [string, string][] = items.map(({ id, type, name }) => [id, `<${type} ${name ?? ''}>`]);
  // KMS keys are called by their id and their ARN, both of which hold the id.
  const ids = replaced.filter(([id]) => id !== '').toSorted(([one], [other]) => other.length - one.length);
  const plain = (text: string): string =>
    ids
      .reduce(
        (all, [id, word]) => all.replaceAll(JSON.stringify(id).slice(1, -1), JSON.stringify(word).slice(1, -1)),
        text,
      )
      .replaceAll(words.account.id, '<account>')
      .replaceAll(words.escapedUser, '<user>')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
      // AWS has one list of S3's addresses for a region, the sandbox one for an account.
      .replaceAll(/pl-[0-9a-f]{8,17}/g, '<prefix list>')
      .replaceAll(/"userDataSha256":"[0-9a-f]*"/g, '"userDataSha256":"<hash>"');
  return items
    .map((item) => plain(JSON.stringify(item)))
    .toSorted()
    .map((text) => sortedDeep(JSON.parse(text)));
};

/** Lists of ids come in the order of the ids, which means nothing once they are replaced. */
const sortedDeep = (value: unknown): unknown => {
  if (Array.isArray(value))
    return value.map(sortedDeep).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sortedDeep(inner)]));
};
