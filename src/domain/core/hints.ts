/** What to do about a step that is stuck: fit for what it last heard, for the way it goes, and for who reads it. */
import { commandOf, tell, wholeOrGone } from './commands.ts';
import type { FailureCode } from './failures.ts';
import { type Exit, isTakenAway, type StepState } from './operation.ts';
import type { SubjectRef } from './subject.ts';

export interface Situation {
  /** What it last heard; null where it has heard nothing. */
  readonly code: FailureCode | null;
  readonly state: StepState;
  /** What the reader may do. */
  readonly exits: readonly Exit[];
  /** Of what, and at which step: each exit is named as it is typed. */
  readonly subject: SubjectRef;
  readonly step: string;
}

const REMEDIES: Partial<Readonly<Record<FailureCode, string>>> = {
  Throttled: 'AWS asks for fewer calls: it goes on by itself; see who else calls this API in the account',
  Denied: 'give whoever is named the right that is missing',
  NotYet: 'AWS is still at work: wait; where the last answer names what holds it, see whose that is, and remove it',
  Unavailable: 'AWS, or the way to it, does not answer: see the health of the service, and the network between',
  AlreadyExists: 'something else has made it at the same time: see whose it is',
  Conflict: 'something that is not ours has the name: rename or remove it',
  QuotaExceeded: 'make room, or have the quota raised',
  SealUnreadable: 'give the sealing key that it names back to worker and API; where it is lost, have another key made',
  Unknown: "this answer is not known: the worker's log has all of it",
};

const SILENCE =
  'no answer has come yet: look again in a minute, and where there is none still, see whether a worker is at it (`eyrie doctor`)';

const FORWARD: Readonly<Record<Exit, string>> = {
  retry: 'asks again at once',
  'abandon-step': 'gives the step up, and takes back what was made',
  terminate: 'takes back what was made, and parks or removes the rest',
};
const BACKWARD: Readonly<Record<Exit, string>> = {
  ...FORWARD,
  'abandon-step': 'lists what is left of the step, and goes on with the others',
  terminate: 'says what is to be done once this is over',
};

/** What an exit does to a step that goes this way. */
export const doesOf = (exit: Exit, state: StepState): string => (isTakenAway(state) ? BACKWARD : FORWARD)[exit];

/** What would help, for who can do something about it. */
export const remedyOf = (code: FailureCode | null): string =>
  code === null ? SILENCE : (REMEDIES[code] ?? 'mend what the last answer says');

const OVER: Partial<Readonly<Record<FailureCode, string>>> = {
  Throttled: 'AWS has asked for fewer calls for too long: see who else calls this API in the account',
  NotYet: 'AWS took too long: look at the resource at AWS',
  Cancelled: 'see who has cancelled it, and why',
  StepAbandoned: 'see who has given the step up, and why',
};

/** An operation that has failed and is over. */
export interface Over {
  readonly subject: SubjectRef;
  readonly phase: string;
  readonly code: FailureCode;
  readonly leftovers: number;
}

/** What to do about it: nothing more comes by itself. */
export const remedyAfter = (over: Over): string => {
  const { subject, code, leftovers } = over;
  return leftovers > 0
    ? `mend what each that is left names; then ${tell('resume', subject)} removes it`
    : `${OVER[code] ?? REMEDIES[code] ?? 'mend what it says'}; then ask for it again: ${again(over)}`;
};

/** A compute environment that has failed is gone on with by its id; what else left nothing is made anew. */
const again = ({ subject, phase }: Over): string =>
  subject.kind === 'compute-environment' && phase.startsWith('failed')
    ? `${tell('resume', subject)} goes on with it, ${tell('remove', subject)} removes it`
    : wholeOrGone(subject);

/** Who can't ask for another try can't mend the reason either. */
export const hintOf = ({ code, state, exits, subject, step }: Situation): string => {
  const remedy = exits.includes('retry')
    ? remedyOf(code)
    : 'it goes on by itself as soon as it can; an operator sees what it waits for, and can hurry it';
  const named = (exit: Exit): string => {
    const command = commandOf(exit, subject, step);
    return command === undefined ? exit : `\`${command}\``;
  };
  return [remedy, ...exits.map((exit) => `${named(exit)} ${doesOf(exit, state)}`)].join('; ');
};
