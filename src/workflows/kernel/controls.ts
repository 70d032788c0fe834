/** The handles that operators and the API have on a running workflow of a subject: one query and three updates. */
import { currentUpdateInfo, defineQuery, defineUpdate, setHandler } from '@temporalio/workflow';
import { fail } from '#domain/core/failures.ts';
import { isUnderWay } from '#domain/core/operation.ts';
import {
  ABANDON_STEP_UPDATE,
  PROGRESS_QUERY,
  REQUEST_TERMINATE_UPDATE,
  RETRY_NOW_UPDATE,
} from '#domain/core/wire-names.ts';
import type { Asked } from './interventions.ts';
import type { Progress } from './progress.ts';
import type { StepRun } from './step.ts';

const progressQuery = defineQuery<unknown>(PROGRESS_QUERY);

/** Who presses in Temporal's UI need not say who they are: the history knows it. */
interface Named {
  readonly requestedBy?: string;
}

const retryNowUpdate = defineUpdate<{ retried: string[] }, [({ step?: string } & Named)?]>(RETRY_NOW_UPDATE);
const abandonStepUpdate = defineUpdate<void, [{ step: string; reason: string } & Named]>(ABANDON_STEP_UPDATE);
const requestTerminateUpdate = defineUpdate<void, [{ mode: string } & Named]>(REQUEST_TERMINATE_UPDATE);

/** The pointer is one into the body that the API was given. */
const noSuchStep = (step: string) => {
  const detail = `there is no step ${step}`;
  return fail('Invalid', detail, { problems: [{ pointer: '/step', detail }] });
};

/** Ways to end what runs, the weaker one first. Of workspaces: what `park` keeps, a relaunch makes use of. */
export const TERMINATE_MODES: readonly string[] = ['park', 'dispose'];

/** Of a termination that was asked for in Temporal's UI or command line. The history of this run has their identity. */
const UNNAMED = 'temporal';

export interface TerminateRequest {
  readonly mode: string;
  readonly requestedBy: string;
}

/** It has a call under way that is not just waited for, or a pause before its next one. */
const canBeRetried = ({ abandoned, open, pausing }: StepRun): boolean =>
  abandoned === null && (pausing > 0 || [...open].some(({ unwinding }) => !unwinding()));

/** @param modes ways to terminate that it knows; none: it can't be */
export const registerControls = (
  progress: Progress,
  onTerminate: (request: TerminateRequest) => void,
  modes: readonly string[] = TERMINATE_MODES,
): void => {
  setHandler(progressQuery, () => progress.view(), { description: 'The subject as the API shows it.' });

  progress.modes = modes;

  const noted = (asked: Asked): void =>
    progress.interventions.note(asked, { what: 'update', updateId: currentUpdateInfo()?.id ?? '' });

  const waiting = (step: string | undefined) =>
    progress.runs.filter((run) => (step === undefined || run.name === step) && canBeRetried(run));

  setHandler(
    retryNowUpdate,
    ({ step, requestedBy } = {}) => {
      const runs = waiting(step);
      noted({ what: 'retry', step, by: requestedBy });
      for (const run of runs) {
        run.retried += 1;
        for (const call of run.open) {
          call.again = true;
          call.scope.cancel();
        }
      }
      return { retried: runs.map(({ name }) => name) };
    },
    {
      description: 'Ends the attempt that is waiting, and makes it again as soon as it has ended. {step?}',
      validator: ({ step } = {}) => {
        if (step !== undefined && !progress.runs.some(({ name }) => name === step)) throw noSuchStep(step);
        if (waiting(step).length === 0) throw fail('NothingWaiting', 'no step is waiting');
      },
    },
  );

  setHandler(
    abandonStepUpdate,
    ({ step, reason, requestedBy }) => {
      const run = progress.of(step);
      noted({ what: 'abandon-step', step, reason, by: requestedBy });
      run.abandoned = { reason, by: requestedBy ?? null };
      for (const { scope } of run.open) scope.cancel();
    },
    {
      description:
        'Gives a step up, with a reason for the record. A forward step fails and the saga unwinds; an undo goes to the leftovers. {step, reason}',
      validator: (asked) => {
        const { step, reason } = asked ?? {};
        if (!step) throw fail('Invalid', 'a step is needed: {"step": "network", "reason": "why"}');
        const run = progress.runs.find(({ name }) => name === step);
        if (!run) throw noSuchStep(step);
        if (!reason) throw fail('Invalid', 'a reason is needed');
        if (!isUnderWay(run.state)) {
          throw fail('NothingWaiting', `${step} is ${run.state}: there is nothing to abandon`);
        }
        if (run.settles) {
          throw fail(
            'NotAbandonable',
            `${step} can't be abandoned: it is a single write. Cancel the launch, or terminate`,
          );
        }
      },
    },
  );

  if (modes.length === 0) return;
  setHandler(
    requestTerminateUpdate,
    ({ mode, requestedBy }) => {
      noted({ what: 'terminate', reason: mode, by: requestedBy });
      onTerminate({ mode, requestedBy: requestedBy ?? UNNAMED });
    },
    {
      description: `Unwinds what runs, then goes on with this: ${modes.join(' or ')}. {mode}`,
      validator: (asked) => {
        if (!asked || !modes.includes(asked.mode))
          throw fail('Invalid', `mode is ${modes.join(' or ')}: {"mode": "${modes.at(-1)}"}`);
      },
    },
  );
};
