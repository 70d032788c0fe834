/** The search attributes of a subject's workflow, by which operators find it among all others. */
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { FailureCode } from '#domain/core/failures.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';

const KEYWORDS = {
  phase: defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, 'KEYWORD'),
  step: defineSearchAttributeKey(SEARCH_ATTRIBUTES.step, 'KEYWORD'),
  errorCode: defineSearchAttributeKey(SEARCH_ATTRIBUTES.errorCode, 'KEYWORD'),
} as const;
const TIMES = {
  stuckSince: defineSearchAttributeKey(SEARCH_ATTRIBUTES.stuckSince, 'DATETIME'),
  unwindingSince: defineSearchAttributeKey(SEARCH_ATTRIBUTES.unwindingSince, 'DATETIME'),
} as const;

export interface Wanted {
  readonly phase: string;
  /** The step that an operator would ask about first. Between two of them it stays the one before. */
  readonly step: string | null;
  /** Of what is stuck or failed. */
  readonly errorCode: FailureCode | null;
  /** ISO times. */
  readonly stuckSince: string | null;
  readonly unwindingSince: string | null;
}

export class Marks {
  private readonly shown: Record<keyof Wanted, string | null>;

  /** What it was started with, or took over from the run that it goes on from. */
  constructor() {
    const { typedSearchAttributes: marks } = workflowInfo();
    this.shown = {
      phase: marks.get(KEYWORDS.phase) ?? null,
      step: marks.get(KEYWORDS.step) ?? null,
      errorCode: marks.get(KEYWORDS.errorCode) ?? null,
      stuckSince: marks.get(TIMES.stuckSince)?.toISOString() ?? null,
      unwindingSince: marks.get(TIMES.unwindingSince)?.toISOString() ?? null,
    };
  }

  /** Only what differs from what is shown is written: each write is an event in the history. */
  show(wanted: Wanted): void {
    const pairs: SearchAttributePair[] = [];
    for (const [name, key] of Object.entries(KEYWORDS) as [keyof typeof KEYWORDS, (typeof KEYWORDS)['step']][]) {
      if (this.changes(name, wanted[name])) pairs.push({ key, value: wanted[name] } as SearchAttributePair);
    }
    for (const [name, key] of Object.entries(TIMES) as [keyof typeof TIMES, (typeof TIMES)['stuckSince']][]) {
      const at = wanted[name];
      if (this.changes(name, at)) pairs.push({ key, value: at === null ? null : new Date(at) } as SearchAttributePair);
    }
    if (pairs.length > 0) upsertSearchAttributes(pairs);
  }

  private changes(name: keyof Wanted, value: string | null): boolean {
    if (this.shown[name] === value || (name === 'step' && value === null)) return false;
    this.shown[name] = value;
    return true;
  }
}
