/** What an operator reads on the page of a workflow in the Temporal UI, as Markdown: what it does, what holds it up, and the exits. */
import { commandOf } from '#domain/core/commands.ts';
import type { Leftover } from '#domain/core/failures.ts';
import { doesOf, hintOf, remedyAfter, remedyOf } from '#domain/core/hints.ts';
import { words } from '#domain/core/markdown.ts';
import { type ErrorView, EXITS, type Exit, type InterventionView, isTakenAway } from '#domain/core/operation.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import { givesUpAt, type StepRun } from './step.ts';

export interface Told {
  readonly subject: SubjectRef;
  readonly phase: string;
  readonly runs: readonly StepRun[];
  /** The one that an operator would ask about first. */
  readonly current: StepRun | undefined;
  /** The one that began first in front. */
  readonly late: readonly { readonly step: string; readonly since: string }[];
  readonly error: ErrorView | null;
  readonly unwindingSince: string | null;
  readonly leftovers: readonly Leftover[];
  readonly interventions: readonly InterventionView[];
  /** Ways to terminate it. */
  readonly modes: readonly string[];
}

/** More would hide what matters now. */
const INTERVENTIONS_MAX = 5;

export const renderDetails = (told: Told): string => {
  const { current } = told;
  const lines = current ? whileWorking(told, current) : atTheEnd(told);
  return [...lines, ...told.interventions.slice(-INTERVENTIONS_MAX).map(renderIntervention)].join('\n');
};

const headOf = ({ subject, phase, unwindingSince }: Told): string =>
  `**${subjectId(subject)}** is ${phase}${unwindingSince === null ? '' : ', and takes back what was made'}`;

const atTheEnd = (told: Told): string[] => {
  const { subject, phase, error, leftovers } = told;
  const left = leftovers.map(
    ({ type, name, id, reason }) => `- left over: ${type} ${words(`${name ?? id ?? ''}: ${reason}`)}`,
  );
  const todo = error && remedyAfter({ subject, phase, code: error.code, leftovers: left.length });
  return [
    error ? `${headOf(told)}: ${renderError(error)}` : headOf(told),
    '',
    ...left,
    ...(todo ? [`- **What to do**: ${todo}`] : []),
  ];
};

const whileWorking = (told: Told, current: StepRun): string[] => {
  const { runs, late, error, unwindingSince } = told;
  const nth = `step ${runs.indexOf(current) + 1} of ${runs.length}`;
  const stuck = runs.find(({ name }) => name === late[0]?.step) ?? current;
  const beside = runs.filter((run) => run !== current && run.open.size > 0).map(({ name }) => name);
  return [
    `${headOf(told)}: ${nth}, \`${current.name}\`: ${doing(current)} since ${timeOf(current.since)}.`,
    '',
    ...(unwindingSince && error
      ? [`- **It began with**: ${renderError(error)}; taken back since ${timeOf(unwindingSince)}`]
      : failedOf(runs)),
    ...(late.length > 0
      ? [`- **Stuck**: ${late.map(({ step, since }) => `${step} since ${timeOf(since)}`).join(', ')}`]
      : []),
    ...(late.length > 0 ? answerOf(stuck) : []),
    ...(late.length > 0 ? [`- **By itself**: ${endOf(stuck, unwindingSince)}`] : []),
    ...(late.length > 0 ? [`- **What to do**: ${remedyOf(codeNow(stuck))}`] : []),
    ...(beside.length > 0 ? [`- In progress beside it: ${beside.join(', ')}`] : []),
    ...exitsOf(stuck, told),
  ];
};

const doing = ({ state, waitingFor }: StepRun): string => {
  const what = state === 'undoing' ? 'being undone' : state === 'parking' ? 'being parked' : '';
  const waits = waitingFor ? `waiting for ${waitingFor}` : '';
  return [what, waits].filter((text) => text !== '').join(', ') || 'at work';
};

/** One has failed, and those beside it are let come to their end. */
const failedOf = (runs: readonly StepRun[]): string[] =>
  runs.flatMap(({ name, state, lastError }) =>
    (state === 'failed' || state === 'abandoned') && lastError
      ? [`- **Failed**: ${renderError({ step: name, code: lastError.code, detail: lastError.message })}`]
      : [],
  );

const renderError = ({ step, code, detail }: ErrorView): string =>
  `${step === null ? '' : `\`${step}\` failed with `}\`${code}\`: ${words(detail)}`;

const answerOf = ({ answer, lastError }: StepRun): string[] => {
  if (answer) {
    const { at, activity, attempt, code, message } = answer;
    return [`- **Last answer** (${timeOf(at)}, attempt ${attempt} of \`${activity}\`): \`${code}\`: ${words(message)}`];
  }
  if (lastError)
    return [`- **Last answer** (${timeOf(lastError.at)}): \`${lastError.code}\`: ${words(lastError.message)}`];
  return ['- **Last answer**: none yet; the pending activity shows it'];
};

const endOf = (run: StepRun, unwindingSince: string | null): string => {
  const at = givesUpAt(run);
  if (at === null) return 'it goes on until it succeeds, or somebody gives it up';
  const taken = isTakenAway(run.state) || unwindingSince !== null;
  return `at ${timeOf(at)} it gives up, and ${taken ? 'lists what is left' : 'takes back what was made'}`;
};

const codeNow = ({ answer, lastError }: StepRun) => answer?.code ?? lastError?.code ?? null;

/** What operators may do about it. */
export const exitsFor = ({ settles }: StepRun, modes: readonly string[]): Exit[] =>
  EXITS.filter((exit) => !(settles && exit === 'abandon-step') && !(modes.length === 0 && exit === 'terminate'));

export const hintFor = (run: StepRun, exits: readonly Exit[], subject: SubjectRef): string =>
  hintOf({ code: codeNow(run), state: run.state, exits, subject, step: run.name });

/** Each as it is pressed in the Temporal UI, and as it is typed. */
const exitsOf = (run: StepRun, { subject, modes }: Told): string[] => {
  const step = `"step": "${run.name}"`;
  // The UI does not always say who presses.
  const by = '"requestedBy": "your name"';
  const updates: Readonly<Record<Exit, string>> = {
    retry: `\`retryNow\` with \`{${step}, ${by}}\``,
    'abandon-step': `\`abandonStep\` with \`{${step}, "reason": "why", ${by}}\``,
    terminate: `\`requestTerminate\` with ${modes.map((mode) => `\`{"mode": "${mode}", ${by}}\``).join(' or ')}`,
  };
  return [
    '- **Exits**: *More Actions*, *Send an Update*, name and data:',
    // Not a list in the list: Temporal's UI makes one line of it.
    ...exitsFor(run, modes).map((exit) => {
      const command = commandOf(exit, subject, run.name);
      return `- → ${updates[exit]}${command ? `, or \`${command}\`` : ''}: ${doesOf(exit, run.state)}`;
    }),
  ];
};

const renderIntervention = ({ at, what, step, reason, by }: InterventionView): string =>
  `- ${timeOf(at)} **${words(by ?? 'somebody who gave no name')}** asked for ${what}${step === null ? '' : ` of ${step}`}${reason === null ? '' : `: ${words(reason)}`}`;

/** `2026-11-21 14:02:11 UTC` */
const timeOf = (iso: string | null): string => (iso === null ? 'now' : `${iso.slice(0, 19).replace('T', ' ')} UTC`);
