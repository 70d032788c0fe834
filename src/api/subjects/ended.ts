/** Views of a subject whose last run ended without the record being told: the run itself says how. */
import type { ErrorView } from '#domain/core/operation.ts';
import type { RunFailure } from '#temporal/operations.ts';
import type { OperationRun } from '#temporal/run.ts';
import { AT_REST, operationOf } from './enrich.ts';
import type { SubjectRecord, SubjectView } from './kind.ts';

/** How a run ended, as far as it could tell. */
export interface End {
  readonly run: OperationRun | undefined;
  readonly failure: RunFailure | undefined;
  /** Who ended it from outside, in words; undefined where nobody did, or it is not known. */
  readonly endedBy?: string | undefined;
}

/** What a subject is whose operation was ended from outside, and what to do about that. */
export interface Lost<Phase extends string = string> {
  readonly phase: Phase;
  readonly remedy: string;
}

/** The record says that an operation runs, or there is none: what the run had made may still be there. */
export const viewOfLost = <View extends SubjectView>(view: View, { run, failure, endedBy }: End, lost: Lost): View => {
  const operation = view.operation ?? (run ? operationOf(run) : null);
  const left = failure && failure.leftovers.length > 0 ? failure.leftovers : view.leftovers;
  return {
    ...view,
    phase: lost.phase,
    operation: null,
    ...AT_REST,
    error: failure
      ? errorOf(failure)
      : { code: 'Unknown', detail: endedFromOutside(run, lost.remedy, endedBy), step: null },
    leftovers: left,
    updatedAt: run?.closedAt ?? operation?.startedAt ?? view.updatedAt,
  };
};

const endedFromOutside = (run: OperationRun | undefined, remedy: string, by = ''): string => {
  const how = run ? `its workflow run ended as ${run.status}${by}` : 'Temporal does not know its workflow run';
  return `the operation was ended from outside: ${how}. What it had made may still be there: ${remedy}`;
};

/** The run ended before it could open the record, and so before it changed anything. */
export const neverOpened = (
  { heard, updatedAt }: SubjectRecord,
  run: Pick<OperationRun, 'status' | 'runId' | 'startedAt'>,
): boolean => {
  if (run.status === 'COMPLETED') return false;
  // Records of older versions don't say.
  return heard === undefined ? updatedAt < run.startedAt : heard !== run.runId;
};

/** The subject is what it was; what was asked for was not done, and why. */
export const viewOfRefused = <View extends SubjectView>(
  view: View,
  run: Pick<OperationRun, 'type' | 'status'>,
  failure: RunFailure | undefined,
): View => {
  const outside = `${run.type} ended before it changed anything: its workflow run ended as ${run.status}`;
  return { ...view, error: failure ? errorOf(failure) : { code: 'Unknown', detail: outside, step: null } };
};

const errorOf = ({ code, detail, step }: RunFailure): ErrorView => ({ code, detail, step });
