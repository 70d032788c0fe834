/** How long steps take and how they end, counted by the worker that runs them; not while a history is replayed. */
import { metricMeter, workflowInfo } from '@temporalio/workflow';
import type { FailureCode } from '#domain/core/failures.ts';
import { stepLabel } from '#domain/core/step-label.ts';

/** Made where they are used: the meter is there in a workflow alone, and this is imported elsewhere, too. */
const durations = () =>
  metricMeter.createHistogram('eyrie_step_duration_seconds', 'float', 's', 'Time that a step took, by how it ended');
const failures = () => metricMeter.createCounter('eyrie_step_failures', '1', 'Steps that failed, by code');
const late = () => metricMeter.createCounter('eyrie_steps_late', '1', 'Steps that took longer than they should');

/** The first part of the workflow's id. */
const kindOf = (): string => workflowInfo().workflowId.split('/')[0] ?? '';

export type StepOutcome = 'done' | 'undone' | 'parked' | 'failed' | 'abandoned' | 'cancelled';

export const countStep = (step: string, outcome: StepOutcome, since: string): void =>
  durations().record((Date.now() - Date.parse(since)) / 1000, { kind: kindOf(), step: stepLabel(step), outcome });

export const countFailure = (step: string, code: FailureCode): void =>
  failures().add(1, { kind: kindOf(), step: stepLabel(step), code });

export const countLate = (step: string): void => late().add(1, { kind: kindOf(), step: stepLabel(step) });
