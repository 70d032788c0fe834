/**
 * An operation on a subject, as operators and the API see it. Times are ISO 8601 UTC; what is not there is null, never
 * absent.
 */
import type { FailureCode, Leftover } from '../failures.ts';
import type { Made } from './ownership.ts';

export type StepState = 'pending' | 'running' | 'waiting' | 'done' | 'failed' | 'undoing' | 'undone' | 'abandoned';

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
  readonly reason: string | null;
  readonly hint: string;
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
  readonly error: ErrorView | null;
  readonly leftovers: readonly Leftover[];
}

/** Memo of every subject's workflow: enough to show the subject when no worker answers. */
export interface OperationMemo {
  readonly account: string;
  readonly region: string;
  readonly requestedBy: string;
}
