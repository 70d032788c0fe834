/** A workspace for a person to read. */
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { renderTable } from './output.ts';
import { renderStep } from './progress/plain.ts';

/** A launch that failed begins its detail with the step, which is told already. */
export const renderError = ({ code, detail, step }: NonNullable<WorkspaceView['error']>): string =>
  step === null ? `${code}: ${detail}` : `${code} at ${step}: ${detail.replace(`${step}: `, '')}`;

export const renderWorkspace = (view: WorkspaceView): string => {
  const { credential, operation, error, stuck, leftovers } = view;
  const facts = [
    ['workspace', view.id],
    ['user', view.user],
    ['account', `${view.account} ${view.region}`],
    ['phase', view.phase],
    ...(view.profile ? [['profile', view.profile]] : []),
    ...(operation ? [['operation', `${operation.type} since ${operation.startedAt} by ${operation.requestedBy}`]] : []),
    ['credential', credential.accessKeyId ? `${credential.state} ${credential.accessKeyId}` : credential.state],
    ...(view.disposalDueAt ? [['disposed of', `on ${view.disposalDueAt}, unless it is launched before`]] : []),
    ...(stuck
      ? [['stuck', `${stuck.step} since ${stuck.since}: ${stuck.reason ?? stuck.code ?? ''} (${stuck.hint})`]]
      : []),
    ...(error ? [['error', renderError(error)]] : []),
    ...leftovers.map(({ type, name, id, reason }) => ['left over', `${type} ${name ?? id ?? ''}: ${reason}`]),
  ];
  const steps = operation ? view.steps.map((step) => `  ${renderStep(step)}`) : [];
  return [renderTable(facts), ...steps].join('\n');
};
