/** What a terminal shows of an operation while it goes on: a line per step. No escape codes of its own: `paint` has them. */
import { isTakenAway, isUnderWay, type StepState, type StepView, type StuckView } from '#domain/core/operation.ts';
import type { Followed } from '../api-client.ts';
import { harmless } from '../output.ts';
import { renderError } from '../render-subject.ts';
import { tellStuck } from './plain.ts';

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

export interface Surroundings {
  /** Of the terminal. */
  readonly columns: number;
  readonly now: number;
  readonly paint: (style: Style, text: string) => string;
  /** What whoever looks may do about the step that is stuck. */
  readonly exits: (stuck: StuckView) => readonly string[];
}

interface Mark {
  readonly sign: string;
  readonly style: Style;
}

const MARKS: Readonly<Record<StepState, Mark>> = {
  pending: { sign: '·', style: 'dim' },
  running: { sign: '⠋', style: 'cyan' },
  waiting: { sign: '⠋', style: 'cyan' },
  done: { sign: '✔', style: 'green' },
  failed: { sign: '✖', style: 'red' },
  abandoned: { sign: '✖', style: 'red' },
  undoing: { sign: '↩', style: 'yellow' },
  undone: { sign: '↩', style: 'dim' },
  parking: { sign: '↩', style: 'yellow' },
  parked: { sign: '✔', style: 'green' },
};

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
export const FRAME_MS = 100;

export const renderBoard = (view: Followed, around: Surroundings): string[] => {
  const { steps, stuck, error, unwindingSince } = view;
  const back = unwindingSince ? 'takes back what was made: ' : '';
  const width = Math.max(0, ...steps.map(({ name }) => name.length));
  return [
    headOf(view, around),
    ...steps.map((step) => lineOf(step, view, width, around)),
    // Of a step it is told there.
    ...(error && (unwindingSince || error.step === null)
      ? [around.paint('red', oneLine(`${back}${renderError(error)}`))]
      : []),
    ...(stuck ? stuckLines(stuck, around) : []),
  ];
};

const stuckLines = (stuck: StuckView, { paint, exits }: Surroundings): string[] => {
  const [first = '', ...others] = tellStuck(stuck);
  return [paint('yellow', oneLine(`stuck: ${first}`)), ...[...others, ...exits(stuck)].map((line) => `  ${line}`)];
};

const headOf = ({ id, phase, operation }: Followed, { now, paint }: Surroundings): string =>
  `${paint('bold', id)} ${phase}${operation ? ` for ${elapsed(operation.startedAt, now)}` : ''}`;

const lineOf = (step: StepView, view: Followed, width: number, { columns, now, paint }: Surroundings): string => {
  const { name, state, since } = step;
  const late = view.stuck?.step === name;
  const under = isUnderWay(state);
  // It stays red while all is taken back, and afterwards.
  const failed = view.error?.step === name;
  const mark = failed ? MARKS.failed : MARKS[state];
  const style = late ? 'yellow' : mark.style;
  const moves = under && !isTakenAway(state);
  const sign = moves ? (FRAMES[Math.floor(now / FRAME_MS) % FRAMES.length] ?? mark.sign) : mark.sign;
  const said = [
    ...(failed && state !== 'failed' ? ['failed'] : []),
    ...(state === 'done' || state === 'pending' ? [] : [state]),
    ...(under && since !== null ? [`${elapsed(since, now)}${expectedOf(step)}`] : []),
    ...(late ? ['STUCK'] : []),
    ...(under && step.attempt > 1 ? [`attempt ${step.attempt}`] : []),
  ];
  const reason = reasonOf(step, failed ? view.error : null);
  const text = `${name.padEnd(width)}  ${said.join(', ')}${reason === '' ? '' : `: ${reason}`}`.trimEnd();
  // What does not fit would break the line, and what is drawn over it the next time; why it failed is told in full.
  const whole = style === 'red' || text.length <= columns - 4;
  const fitting = whole ? text : `${text.slice(0, columns - 5)}…`;
  return `  ${paint(style, sign)} ${style === 'cyan' || style === 'green' ? fitting : paint(style, fitting)}`;
};

const expectedOf = ({ expectedMs }: StepView): string =>
  expectedMs !== null && expectedMs >= 1_000 ? ` of ${duration(expectedMs)}` : '';

/** Why it failed; what it waits for, and what went wrong last. */
const reasonOf = (step: StepView, failure: Followed['error']): string => {
  const { state, waitingFor, lastError } = step;
  if (failure && !isUnderWay(state))
    return oneLine(renderError({ ...failure, step: null, detail: failure.detail.replace(`${step.name}: `, '') }));
  const error =
    lastError && !['done', 'undone', 'parked'].includes(state) ? `${lastError.code}: ${lastError.message}` : '';
  const waits = isUnderWay(state) && waitingFor ? waitingFor : '';
  return oneLine(waits && error ? `${waits} (${error})` : waits || error);
};

const oneLine = (text: string): string => harmless(text.replace(/\s+/g, ' '));

const elapsed = (since: string, now: number): string => duration(now - Date.parse(since));

/** `0:07`, `12:30`, `1:02:03`; of clocks that disagree, never less than nothing. */
const duration = (ms: number): string => {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (number: number): string => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
};
