/**
 * An operation on a subject, as operators and the API see it. Times are ISO 8601 UTC; what is not there is null, never
 * absent.
 */
import type { FailureCode, Leftover } from './failures.ts';
import type { Made } from './ownership.ts';

export const STEP_STATES = [
  ...(['pending', 'running', 'waiting', 'done', 'failed', 'abandoned'] as const),
  ...(['undoing', 'undone', 'parking', 'parked'] as const),
] as const;

export type StepState = (typeof STEP_STATES)[number];

/** Something is done for it now. */
export const isUnderWay = (state: StepState): boolean =>
  state === 'running' || state === 'waiting' || isTakenAway(state);

/** What it made is taken away, or parked. */
export const isTakenAway = (state: StepState): boolean => state === 'undoing' || state === 'parking';

export interface StepView {
  readonly name: string;
  readonly state: StepState;
  /** Attempts of its current activity; 0 before it began. */
  readonly attempt: number;
  readonly since: string | null;
  /** Since then: past this it counts as stuck. Null where it never began, or no worker answers. */
  readonly expectedMs: number | null;
  readonly waitingFor: string | null;
  readonly lastError: { readonly code: FailureCode; readonly message: string; readonly at: string } | null;
}

export interface ResourceView extends Made {
  readonly step: string;
}

/** One run of a subject's workflow. */
export interface OperationView<Type extends string = string> {
  /** Of its workflow: a name on the wire. */
  readonly type: Type;
  readonly runId: string;
  readonly workflowId: string;
  readonly startedAt: string;
  readonly requestedBy: string;
}

export interface StuckView {
  readonly step: string;
  readonly since: string;
  readonly code: FailureCode | null;
  /** What the call under way answered last; null where it has not answered yet. */
  readonly reason: string | null;
  /** When it gives up by itself; null: it goes on until somebody ends it. */
  readonly givesUpAt: string | null;
  /** What whoever reads this may do. */
  readonly exits: readonly Exit[];
  readonly hint: string;
}

export const EXITS = ['retry', 'abandon-step', 'terminate'] as const;

/** A way out of a step that is stuck. */
export type Exit = (typeof EXITS)[number];

/** Something that a person asked of the operation while it ran. */
export interface InterventionView {
  readonly what: 'retry' | 'abandon-step' | 'terminate' | 'cancel';
  readonly step: string | null;
  readonly reason: string | null;
  /** As whoever asked names them; null until it is known. */
  readonly by: string | null;
  readonly at: string;
}

/** What a record keeps of an operation that is over. */
export interface EndedOperation {
  readonly operation: null;
  readonly steps: readonly StepView[];
  readonly interventions: readonly InterventionView[];
}

/** Of the input of an operation that takes the place of another one, while its workflow goes on. */
export interface AskedBefore {
  /** Left out where it began by itself. */
  readonly askedBefore?: readonly InterventionView[];
}

export interface ErrorView {
  readonly code: FailureCode;
  readonly detail: string;
  readonly step: string | null;
}

/** What there is to tell of a subject of any kind: the operation under way, or how the last one ended. */
export interface OperationProgress<Phase extends string = string, Type extends string = string> {
  readonly phase: Phase;
  readonly operation: OperationView<Type> | null;
  readonly steps: readonly StepView[];
  readonly resources: readonly ResourceView[];
  readonly stuck: StuckView | null;
  /** What went wrong first. While an operation runs: why it takes back what it made. */
  readonly error: ErrorView | null;
  /** Since when what was made is taken back; null while nothing is. */
  readonly unwindingSince: string | null;
  readonly interventions: readonly InterventionView[];
  readonly leftovers: readonly Leftover[];
}

/** Memo of every subject's workflow: enough to show the subject when no worker answers. */
export interface OperationMemo {
  readonly account: string;
  readonly region: string;
  readonly requestedBy: string;
}
