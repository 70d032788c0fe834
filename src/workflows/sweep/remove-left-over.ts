import type { RemoveLeftOverInput } from '#domain/sweep/sweep.ts';
import { takeOne } from './take-one.ts';

/**
 * Takes away what is left of one owner, in order. Runs under the owner's own workflow id, so that no operation of it
 * begins meanwhile. Answers what became of each.
 */
export async function removeLeftOver({ removals, timing }: RemoveLeftOverInput): Promise<readonly string[]> {
  const outcomes: string[] = [];
  for (const removal of removals) outcomes.push(await takeOne(removal, timing));
  return outcomes;
}
