/** Whatever the API has operations on, for a person to read. */
import type { Followed } from './api-client.ts';
import { renderTable } from './output.ts';
import { renderStep } from './progress/plain.ts';
import type { NamedKind } from './subject-name.ts';

/** One kind of it: what it is called, what its events are called, and how it reads. */
export interface ShownKind<View extends Followed> extends NamedKind {
  readonly event: string;
  /** The command that follows one of it, before the id. */
  readonly watched: string;
  /** Commands by which an operator gets a step that is stuck to move. */
  readonly exits: (id: string, step: string) => readonly string[];
  readonly render: (view: View) => string;
}

export const pathTo = ({ path }: Pick<NamedKind, 'path'>, id: string): string => `${path}/${encodeURIComponent(id)}`;

/** A launch that failed begins its detail with the step, which is told already. */
export const renderError = ({ code, detail, step }: NonNullable<Followed['error']>): string =>
  step === null ? `${code}: ${detail}` : `${code} at ${step}: ${detail.replace(`${step}: `, '')}`;

export interface Facts {
  /** Rows of a name and a value. */
  readonly before: readonly string[][];
  /** After the operation. */
  readonly after: readonly string[][];
}

/** What its kind knows of it, around what is the same for all. */
export const renderSubject = (view: Followed, { before, after }: Facts): string => {
  const { operation, error, stuck, leftovers } = view;
  const facts = [
    ...before,
    ['phase', view.phase],
    ...(operation ? [['operation', `${operation.type} since ${operation.startedAt} by ${operation.requestedBy}`]] : []),
    ...after,
    ...(stuck
      ? [['stuck', `${stuck.step} since ${stuck.since}: ${stuck.reason ?? stuck.code ?? ''} (${stuck.hint})`]]
      : []),
    ...(error ? [[view.unwindingSince ? 'taken back' : 'error', renderError(error)]] : []),
    ...leftovers.map(({ type, name, id, reason }) => ['left over', `${type} ${name ?? id ?? ''}: ${reason}`]),
  ];
  const steps = operation ? view.steps.map((step) => `  ${renderStep(step)}`) : [];
  return [renderTable(facts), ...steps].join('\n');
};
