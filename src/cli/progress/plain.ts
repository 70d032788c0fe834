/** Progress as lines: one for each change of a step, for logs and pipes. */
import type { StepView, WorkspaceView } from '#domain/workspace/view.ts';

/** @returns what to call with each view. */
export const showPlain = (write: (line: string) => void): ((view: WorkspaceView) => void) => {
  const shown = new Map<string, string>();
  let phase = '';
  return (view) => {
    if (view.phase !== phase) {
      write(`${time(view.updatedAt)} ${view.id} ${view.phase}`);
      phase = view.phase;
    }
    for (const step of view.steps) {
      const line = renderStep(step);
      if (step.state === 'pending' || shown.get(step.name) === line) continue;
      shown.set(step.name, line);
      write(`${time(step.since ?? view.updatedAt)} ${line}`);
    }
  };
};

/** One step in one line: what it does, what it waits for, what went wrong last. */
export const renderStep = ({ name, state, waitingFor, lastError }: StepView): string => {
  const under = state === 'running' || state === 'waiting' || state === 'undoing';
  const waits = under && waitingFor ? `: ${waitingFor}` : '';
  const error = lastError && state !== 'done' && state !== 'undone' ? ` (${lastError.code}: ${lastError.message})` : '';
  return `${name} ${state}${waits}${error}`;
};

const time = (iso: string): string => iso.slice(11, 19);
