/** What is left of a workspace after its undos or its disposal: asked of AWS, not remembered. */
import type { Leftover } from '#domain/failures.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { look } from '../activities.ts';
import type { Progress } from '../progress.ts';
import type { Failed } from '../saga.ts';
import { inOneStep } from '../step.ts';

const reasonOf = ({ error }: Failed): string => (error instanceof Error ? error.message : String(error));

/**
 * Empty where nothing failed. Where AWS can't be asked either, what the failed steps are known to have made.
 */
export const remaining = async (
  plan: WorkspacePlan,
  by: 'launch' | 'workspace',
  failed: readonly Failed[],
  progress: Progress,
): Promise<Leftover[]> => {
  if (failed.length === 0) return [];
  const reasons = new Map(failed.map((one) => [one.step, reasonOf(one)]));
  try {
    const found = await inOneStep('leftovers', progress.timing, () => look.listRemaining(plan, by));
    return found.map(({ step, ...resource }) => ({
      ...resource,
      reason: reasons.get(step) ?? `waits for ${failed.map((one) => one.step).join(', ')}`,
    }));
  } catch {
    return failed.flatMap(({ step }) =>
      progress.of(step).made.map(({ type, id, name }) => ({ type, id, name, reason: reasons.get(step) ?? '' })),
    );
  }
};
