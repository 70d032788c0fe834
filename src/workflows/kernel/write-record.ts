/** Writing down how an operation ended, where the control bucket may be away: then at least its own end says it all. */
import { ApplicationFailure, isCancellation, log } from '@temporalio/workflow';
import { codeOf, factsOf, fail } from '#domain/core/failures.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { record } from './calls.ts';
import { inOneStep } from './step.ts';

type Change = Parameters<typeof record.change>[1];

/** Undefined once it is written, else why it could not be. */
export const tryToWrite = async (subject: SubjectRef, timing: Timing, change: Change): Promise<unknown> => {
  try {
    await inOneStep('record', timing, () => record.change(subject, change));
    return undefined;
  } catch (error) {
    log.error('the record could not be written', { ...subject });
    return error;
  }
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What an operation ends with whose record could not be written: its own end, and that. Callers are told by it alone. */
export const unwrittenEnd = (end: unknown, what: string, why: unknown): ApplicationFailure => {
  const note = `its record could not be written: ${textOf(why)}`;
  if (!(end instanceof ApplicationFailure) || isCancellation(end)) return fail(codeOf(why), `${what}, but ${note}`);
  return ApplicationFailure.create({
    type: codeOf(end),
    message: `${end.message}; and ${note}`,
    nonRetryable: true,
    details: [factsOf(end)],
    cause: end,
  });
};
