/** The handles that operators and the API have on a running workspace workflow: one query and three updates. */
import { defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';
import { fail } from '#domain/failures.ts';
import {
  ABANDON_STEP_UPDATE,
  PROGRESS_QUERY,
  REQUEST_TERMINATE_UPDATE,
  RETRY_NOW_UPDATE,
  type TerminateMode,
} from '#domain/workspace/input.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { Progress } from './progress.ts';

export const progressQuery = defineQuery<WorkspaceView>(PROGRESS_QUERY);
export const retryNowUpdate = defineUpdate<{ retried: string[] }, [{ step?: string }]>(RETRY_NOW_UPDATE);
export const abandonStepUpdate = defineUpdate<void, [{ step: string; reason: string }]>(ABANDON_STEP_UPDATE);
export const requestTerminateUpdate = defineUpdate<void, [{ mode: TerminateMode; requestedBy: string }]>(
  REQUEST_TERMINATE_UPDATE,
);

/** The pointer is one into the body that the API was given. */
const noSuchStep = (step: string) => {
  const detail = `there is no step ${step}`;
  return fail('Invalid', detail, { problems: [{ pointer: '/step', detail }] });
};

export interface TerminateRequest {
  readonly mode: TerminateMode;
  readonly requestedBy: string;
}

export const registerControls = (progress: Progress, onTerminate: (request: TerminateRequest) => void): void => {
  setHandler(progressQuery, () => progress.view(), { description: 'The workspace as the API shows it.' });

  setHandler(
    retryNowUpdate,
    ({ step } = {}) => {
      const open = progress.runs
        .filter(({ name }) => step === undefined || name === step)
        .flatMap((run) => [...run.open].map((call) => ({ run, call })));
      for (const { call } of open) {
        call.again = true;
        call.scope.cancel();
      }
      return { retried: [...new Set(open.map(({ run }) => run.name))] };
    },
    {
      description: 'Cancels the attempt that is waiting and makes it again at once. {step?}',
      validator: ({ step } = {}) => {
        if (step !== undefined && !progress.runs.some(({ name }) => name === step)) throw noSuchStep(step);
        const waiting = progress.runs.some((run) => (step === undefined || run.name === step) && run.open.size > 0);
        if (!waiting) throw fail('Conflict', 'nothing is waiting');
      },
    },
  );

  setHandler(
    abandonStepUpdate,
    ({ step, reason }) => {
      const run = progress.of(step);
      run.abandoned = reason;
      for (const { scope } of run.open) scope.cancel();
    },
    {
      description:
        'Gives a step up, with a reason for the record. A forward step fails and the saga unwinds; an undo goes to the leftovers. {step, reason}',
      validator: ({ step, reason }) => {
        const run = progress.runs.find(({ name }) => name === step);
        if (!run) throw noSuchStep(step);
        if (!reason) throw fail('Invalid', 'a reason is needed');
        if (run.state !== 'running' && run.state !== 'waiting' && run.state !== 'undoing') {
          throw fail('Conflict', `${step} is ${run.state}: there is nothing to abandon`);
        }
      },
    },
  );

  setHandler(requestTerminateUpdate, onTerminate, {
    description: 'Unwinds what runs, then parks or disposes of the workspace. {mode, requestedBy}',
    validator: ({ mode }) => {
      if (mode !== 'park' && mode !== 'dispose') throw fail('Invalid', 'mode is park or dispose');
    },
  });
};
