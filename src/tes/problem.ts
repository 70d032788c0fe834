import type { FailureCode, Problem } from '#domain/core/failures.ts';

export interface TesProblemExtras {
  /** Where it differs from the code's own. */
  readonly status?: number;
  /** Seconds after which the caller may try again. */
  readonly retryAfter?: number | undefined;
  readonly errors?: readonly Problem[];
}

/** A refusal, or a fault of the TES server, as the caller may see it: never with an address. */
export class TesProblem extends Error {
  readonly code: FailureCode;
  readonly extras: TesProblemExtras;

  constructor(code: FailureCode, detail: string, extras: TesProblemExtras = {}) {
    super(detail);
    this.name = 'TesProblem';
    this.code = code;
    this.extras = extras;
  }
}
