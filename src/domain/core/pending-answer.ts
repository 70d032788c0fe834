import type { FailureCode } from './failures.ts';

/** What a call of a step that is under way has answered so far: Temporal makes its next attempt by itself. */
export interface PendingAnswer {
  readonly step: string;
  readonly activity: string;
  readonly attempt: number;
  readonly code: FailureCode;
  readonly message: string;
  /** ISO time. */
  readonly at: string;
}
