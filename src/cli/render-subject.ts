/** Whatever the API has operations on, for a person to read. */
import { commandOf } from '#domain/core/commands.ts';
import { remedyAfter } from '#domain/core/hints.ts';
import type { InterventionView, StuckView } from '#domain/core/operation.ts';
import { parseSubjectId, type SubjectKind } from '#domain/core/subject.ts';
import type { Followed } from './api-client.ts';
import { renderTable } from './output.ts';
import { partsOf, type RenderExits, renderStep } from './progress/plain.ts';
import type { NamedKind } from './subject-name.ts';
import { typed, typedIn } from './typed.ts';

/** One kind of it: what it is called, what its events are called, and how it reads. */
export interface ShownKind<View extends Followed> extends NamedKind {
  readonly event: string;
  readonly render: (view: View) => string;
}

export const pathTo = ({ path }: Pick<NamedKind, 'path'>, id: string): string => `${path}/${encodeURIComponent(id)}`;

/** What whoever looks may do about what is stuck: the API knows which exits are theirs, and there for this operation. */
export const exitsOf =
  ({ kind }: Pick<NamedKind, 'kind'>): RenderExits =>
  (id, { step, exits, hint }) => {
    const subject = parseSubjectId(kind, id);
    const commands = exits.flatMap((exit) => (subject && commandOf(exit, subject, step)) ?? []);
    // An API of today names them in what is to be done.
    return commands.filter((command) => !hint.includes(command)).map(typed);
  };

/** A launch that failed begins its detail with the step, which is told already. */
export const renderError = ({ code, detail, step }: NonNullable<Followed['error']>): string =>
  typedIn(step === null ? `${code}: ${detail}` : `${code} at ${step}: ${detail.replace(`${step}: `, '')}`);

const renderIntervention = ({ what, step, reason, by, at }: InterventionView): string =>
  `${what}${step === null ? '' : ` of ${step}`} by ${by ?? 'somebody who gave no name'} at ${at}${reason === null ? '' : `: ${reason}`}`;

const stuckRows = ({ step, since, code, reason, givesUpAt, hint }: StuckView): readonly string[][] => [
  ['stuck', [`${step} since ${since}`, ...(code ? [code] : []), ...(reason ? [reason] : [])].join(': ')],
  ...(givesUpAt ? [['by itself', `gives up at ${givesUpAt}`]] : []),
  ...partsOf(hint).map((part, at) => [at === 0 ? 'what to do' : 'or', part]),
];

export interface Facts {
  readonly kind: SubjectKind;
  /** Rows of a name and a value. */
  readonly before: readonly string[][];
  /** After the operation. */
  readonly after: readonly string[][];
}

/** What its kind knows of it, around what is the same for all. */
export const renderSubject = (view: Followed, { kind, before, after }: Facts): string => {
  const { operation, error, stuck, leftovers, interventions, phase } = view;
  const subject = parseSubjectId(kind, view.id);
  const facts = [
    ...before,
    ['phase', phase],
    ...(operation ? [['operation', `${operation.type} since ${operation.startedAt} by ${operation.requestedBy}`]] : []),
    ...after,
    ...(stuck ? [...stuckRows(stuck), ...exitsOf({ kind })(view.id, stuck).map((command) => ['exit', command])] : []),
    ...(view.unwindingSince && !error ? [['taken back', `since ${view.unwindingSince}`]] : []),
    ...(error ? [[view.unwindingSince ? 'taken back' : 'error', renderError(error)]] : []),
    ...interventions.map((one) => ['asked', renderIntervention(one)]),
    ...leftovers.map(({ type, name, id, reason }) => ['left over', `${type} ${name ?? id ?? ''}: ${reason}`]),
    ...(error && !operation && subject
      ? [
          ['since', view.updatedAt],
          ['what to do', typedIn(remedyAfter({ subject, phase, code: error.code, leftovers: leftovers.length }))],
        ]
      : []),
  ];
  const steps = operation ? view.steps.map((step) => `  ${renderStep(step)}`) : [];
  return [renderTable(facts), ...steps].join('\n');
};
