/**
 * A step of a saga: what operators see by its name, how it is made, and how it is undone. The undo stands beside the
 * make, is on record before the make is called, and finds what to remove by name and owner tag, never by a result.
 */
import { type ApplicationFailure, AsyncLocalStorage, type CancellationScope } from '@temporalio/workflow';
import type { Activities } from '#activities/index.ts';
import type { Remaining } from '#activities/shared/remaining.ts';
import type { Before } from '#domain/core/before.ts';
import { codeOf, type FailureCode, fail } from '#domain/core/failures.ts';
import type { StepState } from '#domain/core/operation.ts';
import type { Made, Removal } from '#domain/core/ownership.ts';
import type { PendingAnswer } from '#domain/core/pending-answer.ts';
import type { Timing } from '#domain/core/timing.ts';

export type ActivityName = keyof Activities & string;

/**
 * What an undo may remove: given the activities that make a thing, says since when one of them may have made it
 * unseen. An activity that was never called made nothing, and its undo believes the first "not found".
 */
export type RemovalFor = (...makers: ActivityName[]) => Removal;

/** Results of other steps that a step takes, by name. */
export type Needs = Readonly<Record<string, unknown>>;

/** What may be left of a step: its things of one type, and the look that tells. */
export interface Remains {
  /** CloudFormation's name. */
  readonly type: string;
  /** As the plan calls them: what an operator looks for where AWS can't be asked. */
  readonly names: readonly string[];
  /** What is still there of them. */
  readonly look: (by: Removal['by']) => Promise<readonly Remaining[]>;
}

/** What a step takes away while the whole is parked, and a relaunch makes anew. */
export interface Park<S> {
  /** What it usually takes; past it, an operator sees "stuck". */
  readonly expectedMs: number;
  /** The type of what it works on: left over where it fails. */
  readonly type: string;
  /** What it has yet to do costs little and harms nobody: the whole counts as parked without it. */
  readonly harmless?: true;
  /** Types of which nothing is there afterwards. */
  takes?(spec: S): readonly string[];
  run(spec: S, removal: RemovalFor): Promise<void>;
}

export interface Step<N extends string, S, D extends object, R> {
  /** kebab-case noun: what exists afterwards. The plan has its spec under this name. */
  readonly name: N;
  /** What it usually takes; past it, an operator sees "stuck", and nothing is cut off. */
  readonly expectedMs: number;
  /** Its last call settles the whole: once made, nothing can be taken back, so nobody can give the step up. */
  readonly settles?: true;
  make(spec: S, needs: D): Promise<R>;
  undo?(spec: S, removal: RemovalFor): Promise<void>;
  /** The same of a removal that takes its time. Default: five minutes. */
  readonly removalExpectedMs?: number;
  /** Steps by whose failed undo its own makes no sense: what it gives back is still in use. `name-*`: all that begin so. */
  readonly heldBy?: readonly string[];
  /** What AWS shows of it. Left out where it makes nothing there that is its own. */
  remaining?(spec: S): readonly Remains[];
  readonly park?: Park<S>;
  /**
   * What is there already and `make` changes, as it is now; null where nothing is. Looked at before `make` is called,
   * and in history from then on: no crash and no lost answer can lose it.
   */
  remember?(spec: S): Promise<Before | null>;
  /** Puts that back where the launch fails. Only what is the owner's by then: what is foreign was not changed. */
  restore?(spec: S, before: Before): Promise<void>;
}

export const defineStep = <const N extends string, S, D extends object, R>(step: Step<N, S, D, R>): Step<N, S, D, R> =>
  step;

/** Some step, whatever it needs. Its methods take what the plan has under its name. */
export type AnyStep<N extends string = string> = Step<N, unknown, object, unknown>;

/** What the plan has for a step: by its name. */
export const specOf = (plan: object, { name }: AnyStep): unknown => (plan as Readonly<Record<string, unknown>>)[name];

/** A step that the plan names with null is none of this thing's: nothing is made of it, and nothing removed. */
export const isPlanned = (plan: object, step: AnyStep): boolean => specOf(plan, step) !== null;

/** Among those that could not be undone is one by which its own undo makes no sense. */
export const isHeld = (
  { heldBy = [] }: { readonly heldBy?: readonly string[] },
  failed: readonly { readonly step: string }[],
): boolean => failed.some(({ step }) => heldBy.some((held) => isNamed(step, held)));

/** `compute-environment-*` stands for those of all pools. */
const isNamed = (step: string, held: string): boolean =>
  held.endsWith('*') ? step.startsWith(held.slice(0, -1)) : step === held;

export const minutes = (count: number): number => count * 60_000;

/** One activity call that is open now. */
export interface OpenCall {
  readonly activity: ActivityName;
  readonly scope: CancellationScope;
  /** When it gives up by itself; null: never. */
  readonly givesUpAt: string | null;
  /** True once what the call is part of is being unwound: it is only waited for, and never made again. */
  readonly unwinding: () => boolean;
  /** Set by `retryNow`: the call was cancelled only to be made again at once, whatever way it ends. */
  again: boolean;
}

export interface Abandonment {
  readonly reason: string;
  /** Null where they did not say. */
  readonly by: string | null;
}

/** One step of one workflow run: what happened to it so far. */
export interface StepRun {
  readonly name: string;
  state: StepState;
  since: string | null;
  expectedMs: number | null;
  waitingFor: string | null;
  lastError: { code: FailureCode; message: string; at: string } | null;
  /** Why it was abandoned, and by whom. */
  abandoned: Abandonment | null;
  readonly settles: boolean;
  /** How often an operator asked for another try. */
  retried: number;
  /** Refused calls that wait for their next try: there is no activity to be seen meanwhile. */
  pausing: number;
  /** When it is not asked again any more, should it go on to be refused as it was; null while it was not. */
  refusedUntil: string | null;
  /** Activity calls so far: part of the activity ids. */
  calls: number;
  readonly open: Set<OpenCall>;
  /** Of what is under way, as far as somebody has looked: its attempts live with the server. */
  answer: PendingAnswer | null;
  /** Activity → ISO time at which its last call ended that may have changed something. */
  readonly touched: Map<ActivityName, string>;
  readonly made: Made[];
}

export const newStepRun = (name: string, settles = false): StepRun => ({
  name,
  settles,
  retried: 0,
  pausing: 0,
  refusedUntil: null,
  state: 'pending',
  since: null,
  expectedMs: null,
  waitingFor: null,
  lastError: null,
  abandoned: null,
  calls: 0,
  open: new Set(),
  answer: null,
  touched: new Map(),
  made: [],
});

/** When what it is at gives up by itself, as ISO time; null where it never does. */
export const givesUpAt = ({ open, refusedUntil }: StepRun): string | null =>
  [refusedUntil, ...[...open].map((call) => call.givesUpAt)].filter((at) => at !== null).sort()[0] ?? null;

/** What a step ends with that an operator gave up. */
export const abandonment = (run: StepRun, cause?: unknown): ApplicationFailure =>
  fail('StepAbandoned', renderAbandonment(run.abandoned), {}, cause instanceof Error ? cause : undefined);

const renderAbandonment = (abandoned: Abandonment | null): string =>
  `abandoned by ${abandoned?.by ?? 'an operator'}: ${abandoned?.reason}`;

export const nowIso = (): string => new Date().toISOString();

export const noteError = (run: StepRun, error: unknown): void => {
  run.lastError = {
    code: codeOf(error),
    message: error instanceof Error ? error.message : String(error),
    at: nowIso(),
  };
};

/** The surroundings of the code of a step, so that `mutate.ensureVpc(spec)` knows for which step it is called. */
export interface StepContext {
  readonly run: StepRun;
  readonly timing: Timing;
  /** True once an earlier undo ended badly: what depends on its resource can't be waited for without end. */
  readonly bounded: () => boolean;
  /** What is refused for good is asked again for a while, also where only a look is refused. Default: what takes away is. */
  readonly insists?: true;
  /** Called when an activity begins or ends. */
  readonly changed: () => void;
  /** Asked in the place of activities that change something, or wait for it. Left out: they are called. */
  readonly asks?: (activity: ActivityName, args: readonly unknown[]) => Promise<unknown>;
}

const contexts = new AsyncLocalStorage<StepContext>();

export const inStep = <T>(context: StepContext, work: () => Promise<T>): Promise<T> => contexts.run(context, work);

/** Looks that a removal depends on are insisted on as it is: that an account can't be entered for a minute is no answer. */
export const insistently = <T>(look: () => Promise<T>): Promise<T> => inStep({ ...currentStep(), insists: true }, look);

export const currentStep = (): StepContext => {
  const context = contexts.getStore();
  if (!context) throw new Error('an activity was called outside of a step');
  return context;
};

/** The removal rule of a launch's undo: by launch tag, unsure since the makers' last call. */
export const undoRemoval =
  (run: StepRun): RemovalFor =>
  (...makers) => {
    const ends = makers.map((maker) => run.touched.get(maker)).filter((end) => end !== undefined);
    return { by: 'run', unsureSince: ends.sort().at(-1) ?? null };
  };

/** The removal rule of a sweep: what one launch made. */
export const leftoversOfRun: RemovalFor = () => ({ by: 'run', unsureSince: null });

/** The removal rule of a disposal: all that the workspace owns. */
export const disposal: RemovalFor = () => ({ by: 'owner', unsureSince: null });

/** For activities of a workflow that has no steps to show: its work counts as one nameless step. */
export const inOneStep = <T>(name: string, timing: Timing, work: () => Promise<T>): Promise<T> =>
  inStep({ run: newStepRun(name), timing, bounded: () => false, changed: () => undefined }, work);
