/** What is left after undos or a removal: asked of AWS, not remembered. */

import type { Leftover } from '#domain/core/failures.ts';
import type { ResourceView } from '#domain/core/operation.ts';
import type { Removal } from '#domain/core/ownership.ts';
import type { Progress } from './progress.ts';
import type { Failed } from './saga.ts';
import { settleAll } from './settle.ts';
import { type AnyStep, inOneStep, insistently, isPlanned, type Remains, specOf } from './step.ts';

/** What is asked about: all steps of a thing, with the plan that says what each has. */
export interface Whole {
  readonly steps: readonly AnyStep[];
  readonly plan: object;
  readonly progress: Progress;
}

type By = Removal['by'];
type Thing = Omit<Leftover, 'reason'>;

const reasonOf = ({ error }: Failed): string => (error instanceof Error ? error.message : String(error));

const remainsOf = (steps: readonly AnyStep[], plan: object): (Remains & { readonly step: string })[] =>
  steps
    .filter((step) => isPlanned(plan, step))
    .flatMap((step) => (step.remaining?.(specOf(plan, step)) ?? []).map((one) => ({ ...one, step: step.name })));

/** By `run`: what this run made. By `owner`: all that its owner has. */
export const listRemaining = (
  { steps, plan, progress }: Whole,
  by: By,
): Promise<readonly (Thing & { readonly step: string })[]> =>
  inOneStep('leftovers', progress.timing, () => lookAtAll({ steps, plan }, by));

/** One refused look is no answer: it is insisted on. */
export const listInsistently = (whole: Whole, by: By): ReturnType<typeof lookAtAll> =>
  inOneStep('leftovers', whole.progress.timing, () => insistently(() => lookAtAll(whole, by)));

const lookAtAll = async ({ steps, plan }: Pick<Whole, 'steps' | 'plan'>, by: By) => {
  const asked = remainsOf(steps, plan).map(async ({ step, type, look }) =>
    (await look(by)).map((one) => ({ step, type, ...one })),
  );
  return (await settleAll(asked)).flat();
};

/** Empty where nothing failed: what could not be removed, and what could not be put back. */
export const remaining = async (whole: Whole, by: By, failed: readonly Failed[]): Promise<Leftover[]> => {
  const altered = failed.flatMap((one) => {
    if (!one.before) return [];
    return [{ ...one.before.resource, reason: `it is not as it was before the launch: ${reasonOf(one)}` }];
  });
  const left = failed.filter(({ before }) => !before);
  return merged(altered, left.length > 0 ? await notRemoved(whole, by, left) : []);
};

/**
 * Proof that nothing is left: AWS is asked although every removal said that it succeeded. One refused look would call
 * things left over that are gone, so it is insisted on.
 */
export const proveGone = async (whole: Whole, by: By): Promise<Leftover[]> => {
  const unproven = whole.steps.filter(({ remaining: shows }) => shows !== undefined);
  const suspects = unproven.map(({ name }) => ({ step: name, error: new Error('it is not known to be gone') }));
  return await notRemoved(whole, by, suspects, () => listInsistently(whole, by));
};

/** Where AWS can't be asked either, what the failed steps are known to have. */
const notRemoved = async (
  whole: Whole,
  by: By,
  failed: readonly Failed[],
  look = () => listRemaining(whole, by),
): Promise<Leftover[]> => {
  const reasons = new Map(failed.map((one) => [one.step, reasonOf(one)]));
  try {
    const found = await look();
    return found.map(({ step, ...resource }) => ({
      ...resource,
      reason: reasons.get(step) ?? `waits for ${failed.map((one) => one.step).join(', ')}`,
    }));
  } catch {
    return failed.flatMap(({ step }) => known(whole, { step, by, reason: reasons.get(step) ?? '' }));
  }
};

interface Known {
  readonly step: string;
  readonly by: By;
  readonly reason: string;
}

/** Of a step of which nothing is known, what it may have: "nothing" would be a claim that nobody has checked. */
const known = (whole: Whole, { step, by, reason }: Known): Leftover[] => {
  const { progress } = whole;
  const resources =
    by === 'run'
      ? progress.of(step).made.filter(({ origin }) => origin === 'created')
      : progress.resources().filter((one) => one.step === step);
  if (resources.length === 0) return planned(whole, step, reason);
  return resources.map(({ type, id, name }) => ({ type, id, name, reason }));
};

/** By the names in the plan. Whatever the step is, it names something. */
const planned = ({ steps, plan, progress }: Whole, step: string, reason: string): Leftover[] => {
  const asked = remainsOf(
    steps.filter(({ name }) => name === step),
    plan,
  );
  const named = asked.flatMap(({ type, names }) => names.map((name) => ({ type, id: null, name, reason })));
  return named.length > 0 ? named : [{ type: step, id: null, name: progress.id, reason }];
};

/** Of what a park takes away, what its failed steps left. */
export const notParked = async (whole: Whole, failed: readonly Failed[]): Promise<Leftover[]> => {
  if (failed.length === 0) return [];
  const parks = new Map(whole.steps.map(({ name, park }) => [name, park?.type]));
  const taken = (step: string, type: string): boolean => parks.get(step) === type;
  try {
    const found = await listRemaining(whole, 'owner');
    return failed.flatMap((one) =>
      found
        .filter(({ step, type }) => step === one.step && taken(step, type))
        .map(({ type, id, name }) => ({ type, id, name, reason: reasonOf(one) })),
    );
  } catch {
    return failed.flatMap((one) => {
      const { step } = one;
      const reason = reasonOf(one);
      const listed = known(whole, { step, by: 'owner', reason }).filter(({ type }) => taken(step, type));
      return listed.length > 0 ? listed : planned(whole, step, reason);
    });
  }
};

export interface Earlier extends Omit<Whole, 'plan'> {
  /** Runs that may have left something. */
  readonly launches: readonly string[];
  /** What the record lists. */
  readonly leftovers: readonly Leftover[];
  /** What is listed counts whether a run made it or not: a disposal that failed lists what was adopted, too. */
  readonly adopted: boolean;
  /** All that the owner has counts: it is neither running nor parked, so whatever there is, is left over. */
  readonly owned?: boolean;
  readonly planOf: (run: string) => object;
}

/** What was left before and is still there, and the runs that left something. */
export interface StillLeft {
  readonly leftovers: readonly Leftover[];
  readonly unfinished: readonly string[];
}

export const stillLeft = async (earlier: Earlier): Promise<StillLeft> => {
  const { launches, leftovers, adopted, owned, planOf } = earlier;
  const listed = new Map(leftovers.map((one) => [nameOf(one), one]));
  const list = async (run: string, by: By): Promise<Leftover[]> => {
    const found = await listRemaining({ ...earlier, plan: planOf(run) }, by);
    return found.map(({ step: _step, ...one }) => ({
      ...one,
      reason: listed.get(nameOf(one))?.reason ?? 'an earlier launch left it',
    }));
  };
  const left: Leftover[] = [];
  const unfinished: string[] = [];
  try {
    for (const run of launches) {
      const found = await list(run, 'run');
      if (found.length > 0) unfinished.push(run);
      left.push(...found);
    }
    if (owned || (adopted && leftovers.length > 0))
      left.push(...(await list('', 'owner')).filter((one) => owned || listed.has(nameOf(one))));
    return { leftovers: merged(left), unfinished };
  } catch {
    return { leftovers, unfinished: launches };
  }
};

/** Batch and IAM tell of some things by name, which a record has by ARN. */
export const isAmong =
  (residue: readonly Leftover[]) =>
  ({ type, id, name }: Pick<ResourceView, 'type' | 'id' | 'name'>): boolean =>
    residue.some((one) => one.type === type && (one.id === id || one.name === (name ?? id)));

/** Each thing once. */
export const merged = (...lists: readonly (readonly Leftover[])[]): Leftover[] => [
  ...new Map(lists.flat().map((one) => [nameOf(one), one])).values(),
];

const nameOf = ({ type, id, name }: Thing): string => `${type} ${id ?? name}`;
