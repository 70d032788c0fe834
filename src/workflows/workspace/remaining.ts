/** What is left of a workspace after its undos or its disposal: asked of AWS, not remembered. */
import type { Leftover } from '#domain/failures.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { look } from '../activities.ts';
import type { Progress } from '../progress.ts';
import type { Failed } from '../saga.ts';
import { inOneStep } from '../step.ts';
import { namesOfStep } from './leftover-names.ts';
import { PARKED_TYPES } from './removals.ts';

const reasonOf = ({ error }: Failed): string => (error instanceof Error ? error.message : String(error));

/** Empty where nothing failed: what could not be removed, and what could not be put back. */
export const remaining = async (
  plan: WorkspacePlan,
  by: 'run' | 'owner',
  failed: readonly Failed[],
  progress: Progress,
): Promise<Leftover[]> => {
  const altered = failed.flatMap((one) => {
    if (!one.before) return [];
    return [{ ...one.before.resource, reason: `it is not as it was before the launch: ${reasonOf(one)}` }];
  });
  const left = failed.filter(({ before }) => !before);
  return merged(altered, await notRemoved(plan, by, left, progress));
};

/** Where AWS can't be asked either, what the failed steps are known to have. */
const notRemoved = async (
  plan: WorkspacePlan,
  by: 'run' | 'owner',
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
    return failed.flatMap(({ step }) => known({ step, by, reason: reasons.get(step) ?? '', progress, plan }));
  }
};

interface Known {
  readonly step: string;
  readonly by: 'run' | 'owner';
  readonly reason: string;
  readonly progress: Progress;
  readonly plan: WorkspacePlan;
}

/** Of a step of which nothing is known, what it may have: "nothing" would be a claim that nobody has checked. */
function known({ step, by, reason, progress, plan }: Known): Leftover[] {
  const resources =
    by === 'run'
      ? progress.of(step).made.filter(({ origin }) => origin === 'created')
      : progress.resources().filter((one) => one.step === step);
  if (resources.length === 0) return namesOfStep(step, plan).map((named) => ({ ...named, id: null, reason }));
  return resources.map(({ type, id, name }) => ({ type, id, name, reason }));
}

/** Of what a park takes away, what its failed steps left. */
export const notParked = async (
  plan: WorkspacePlan,
  failed: readonly Failed[],
  progress: Progress,
): Promise<Leftover[]> => {
  if (failed.length === 0) return [];
  try {
    const found = await inOneStep('leftovers', progress.timing, () => look.listRemaining(plan, 'owner'));
    return failed.flatMap((one) =>
      found
        .filter(({ step, type }) => step === one.step && type === PARKED_TYPES[step])
        .map(({ type, id, name }) => ({ type, id, name, reason: reasonOf(one) })),
    );
  } catch {
    return failed.flatMap(({ step, ...one }) => {
      const reason = reasonOf({ step, ...one });
      const taken = ({ type }: { readonly type: string }): boolean => type === PARKED_TYPES[step];
      const listed = known({ step, by: 'owner', reason, progress, plan }).filter(taken);
      return listed.length > 0 ? listed : namesOfStep(step, plan).map((named) => ({ ...named, id: null, reason }));
    });
  }
};

export interface Earlier {
  /** Launches that may have left something. */
  readonly launches: readonly string[];
  /** What the record lists. */
  readonly leftovers: readonly Leftover[];
  /** What is listed counts whether a launch made it or not: a disposal that failed lists what was adopted, too. */
  readonly adopted: boolean;
  /** All that the workspace owns counts: it is neither running nor parked, so whatever there is, is left over. */
  readonly owned?: boolean;
  readonly planOf: (launchId: string) => WorkspacePlan;
  readonly progress: Progress;
}

/** What was left before and is still there, and the launches that left something. */
export interface StillLeft {
  readonly leftovers: readonly Leftover[];
  readonly unfinished: readonly string[];
}

export const stillLeft = async ({
  launches,
  leftovers,
  adopted,
  owned,
  planOf,
  progress,
}: Earlier): Promise<StillLeft> => {
  const listed = new Map(leftovers.map((one) => [nameOf(one), one]));
  const listRemaining = async (launchId: string, by: 'run' | 'owner'): Promise<Leftover[]> => {
    const found = await inOneStep('leftovers', progress.timing, () => look.listRemaining(planOf(launchId), by));
    return found.map(({ step: _step, ...one }) => ({
      ...one,
      reason: listed.get(nameOf(one))?.reason ?? 'an earlier launch left it',
    }));
  };
  const left: Leftover[] = [];
  const unfinished: string[] = [];
  try {
    for (const launchId of launches) {
      const found = await listRemaining(launchId, 'run');
      if (found.length > 0) unfinished.push(launchId);
      left.push(...found);
    }
    if (owned || (adopted && leftovers.length > 0))
      left.push(...(await listRemaining('', 'owner')).filter((one) => owned || listed.has(nameOf(one))));
    return { leftovers: merged(left), unfinished };
  } catch {
    return { leftovers, unfinished: launches };
  }
};

/** Each thing once. */
export const merged = (...lists: readonly (readonly Leftover[])[]): Leftover[] => [
  ...new Map(lists.flat().map((one) => [nameOf(one), one])).values(),
];

const nameOf = ({ type, id, name }: Pick<Leftover, 'type' | 'id' | 'name'>): string => `${type} ${id ?? name}`;
