/** How an operation ended that did not do all that it was to do, for whoever asked for it. */
import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { Unrestored as UnrestoredStep } from '#domain/core/before.ts';
import { codeOf, factsOf, fail, type Leftover } from '#domain/core/failures.ts';
import type { Ending } from './provision.ts';
import { merged, remaining, stillLeft, type Whole } from './remaining.ts';
import type { Failed } from './saga.ts';

/** What the record says of the runs before this one. */
interface Earlier {
  readonly unfinished?: readonly string[];
  readonly leftovers: readonly Leftover[];
  readonly unrestored?: readonly UnrestoredStep[];
}

/** What is left after a run has unwound: of its own and of those before it. */
export interface Unwound {
  readonly leftovers: readonly Leftover[];
  /** Runs that left something. */
  readonly unfinished: readonly string[];
  readonly unrestored: readonly UnrestoredStep[];
}

interface Unwinding {
  readonly whole: Omit<Whole, 'plan'>;
  readonly planOf: (run: string) => object;
  /** The id of this run. */
  readonly run: string;
  readonly ending: Ending;
  readonly before: Earlier;
  /** There was nothing that stays: whatever there is, is left over. */
  readonly owned: boolean;
}

export const leftAfterUnwinding = async ({
  whole,
  planOf,
  run,
  ending,
  before,
  owned,
}: Unwinding): Promise<Unwound> => {
  const { failed, begun } = ending;
  const own = await remaining({ ...whole, plan: planOf(run) }, 'run', failed);
  const { leftovers, unfinished: launches = [], unrestored = [] } = before;
  const earlier = await stillLeft({ ...whole, launches, leftovers, adopted: true, owned, planOf });
  // What an earlier run could not put back, and this one never came to.
  const stillAltered = unrestored.filter(({ step }) => !begun.has(step));
  const altered = leftovers.filter(({ id }) => stillAltered.some((one) => one.before.resource.id === id));
  return {
    leftovers: merged(own, earlier.leftovers, altered),
    unfinished: [...earlier.unfinished, ...(own.length > 0 ? [run] : [])],
    unrestored: [...stillAltered, ...notRestored(failed)],
  };
};

/** What could not be put back, as the record keeps it. */
export const notRestored = (failed: readonly Failed[]): UnrestoredStep[] =>
  failed.flatMap(({ step, before }) => (before ? [{ step, before }] : []));

/** What a run that unwound ends with: the failure of the step that failed first, or what it left. */
export const failureOf = ({ first, cause }: Ending, leftovers: readonly Leftover[]): ApplicationFailure => {
  const text = cause instanceof Error ? cause.message : String(cause);
  const why = `${first ? `${first.step}: ` : ''}${isCancellation(cause) ? 'cancelled' : text}`;
  const facts = { ...factsOf(cause), ...(first && { step: first.step }) };
  const origin = cause instanceof Error ? cause : undefined;
  if (leftovers.length === 0) {
    return ApplicationFailure.create({
      type: codeOf(cause),
      message: why,
      nonRetryable: true,
      details: [facts],
      ...(origin && { cause: origin }),
    });
  }
  const names = leftovers.map(({ type, name, id }) => `${type} ${name ?? id}`).join(', ');
  return fail('CompensationIncomplete', `left over: ${names}. It began with ${why}`, { ...facts, leftovers }, origin);
};

/** What a removal ends with that left something. `mode`: what it is called. */
export const incompleteRemoval = (mode: string, residue: readonly Leftover[], failed: readonly Failed[]) => {
  const names = residue.map(({ type, name, id, reason }) => `${type} ${name ?? id ?? ''} (${reason})`).join(', ');
  const cause = failed[0]?.error;
  return fail(
    'CompensationIncomplete',
    `${mode} left: ${names}`,
    { leftovers: residue },
    cause instanceof Error ? cause : undefined,
  );
};
