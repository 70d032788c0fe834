/** What has become of something since it was made. */
import type { FailureCode } from './failures.ts';

/** Something that is not as it was made. */
export interface HealthProblem {
  readonly code: FailureCode;
  /** What it is, and what became of it. */
  readonly detail: string;
}
