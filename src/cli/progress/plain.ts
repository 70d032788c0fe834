/** Progress as lines: one for each change of a step, for logs and pipes. */
import { isUnderWay, type StepView, type StuckView } from '#domain/core/operation.ts';
import type { Followed } from '../api-client.ts';
import { typedIn } from '../typed.ts';

/** Commands by which whoever looks gets what is stuck to move. */
export type RenderExits = (id: string, stuck: StuckView) => readonly string[];

/** Each line begins with the time when its news arrived, so that lines stand in its order. @returns what to call with each view. */
export const showPlain = (
  write: (line: string) => void,
  exits: RenderExits,
  now: () => Date = () => new Date(),
): ((view: Followed) => void) => {
  const shown = new Map<string, string>();
  const show = (subject: string, text: string): void => {
    if (shown.get(subject) === text) return;
    shown.set(subject, text);
    write(`${now().toISOString().slice(11, 19)} ${text}`);
  };
  return ({ id, phase, operation, steps, stuck, error, unwindingSince }) => {
    // What begins is told before its steps, what has ended after them.
    if (operation) show('', `${id} ${phase}`);
    for (const step of steps) {
      if (step.state !== 'pending') show(step.name, renderStep(step));
    }
    if (unwindingSince) {
      const why = error ? `: ${error.code} at ${error.step ?? 'the start'}: ${error.detail}` : '';
      show('unwinding', `takes back what was made${why}`);
    }
    if (stuck) {
      const told = [...tellStuck(stuck), ...exits(id, stuck)];
      show('stuck', told.join('\n         '));
    }
    if (!operation) show('', `${id} ${phase}`);
  };
};

/** What would help, and then each way out. */
export const partsOf = (hint: string): string[] => hint.split(/; (?=`eyrie )/).map(typedIn);

/** Where no answer has a code, what is told instead holds it up: `no worker answers`. */
export const tellStuck = ({ step, code, reason, hint }: StuckView): string[] => {
  const why = code === null && reason !== null ? `: ${reason}` : ' takes longer than expected';
  const [first = '', ...others] = partsOf(hint);
  return [`${step}${why}: ${first}`, ...others];
};

/** One step in one line: what it does, what it waits for, what went wrong last. */
export const renderStep = ({ name, state, waitingFor, lastError }: StepView): string => {
  const waits = isUnderWay(state) && waitingFor ? `: ${waitingFor}` : '';
  const error =
    lastError && !['done', 'undone', 'parked'].includes(state) ? ` (${lastError.code}: ${lastError.message})` : '';
  return `${name} ${state}${waits}${error}`;
};
