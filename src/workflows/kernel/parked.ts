/** What parking leaves, by what the steps say of their park. */
import type { ResourceView } from '#domain/core/operation.ts';
import type { Failed } from './saga.ts';
import { type AnyStep, specOf } from './step.ts';

/** Each step that failed has yet to do only what harms nobody. */
export const areHarmless = (steps: readonly AnyStep[], failed: readonly Failed[]): boolean =>
  failed.every((one) => steps.some(({ name, park }) => name === one.step && park?.harmless));

/** Those of the resources that are still there: a step that failed may have all of its own. */
export const stillThere = (
  { steps, plan }: { readonly steps: readonly AnyStep[]; readonly plan: object },
  resources: readonly ResourceView[],
  failed: readonly Failed[],
): ResourceView[] =>
  resources.filter(({ step, type }) => {
    const made = steps.find(({ name }) => name === step);
    const takes = made?.park?.takes?.(specOf(plan, made)) ?? [];
    return !takes.includes(type) || failed.some((one) => one.step === step);
  });
