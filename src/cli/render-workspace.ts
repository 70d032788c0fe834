/** A workspace for a person to read. */
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { renderTable } from './output.ts';
import { renderStep } from './progress/plain.ts';

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
    ...(stuck
      ? [['stuck', `${stuck.step} since ${stuck.since}: ${stuck.reason ?? stuck.code ?? ''} (${stuck.hint})`]]
      : []),
    ...(error ? [['error', `${error.code}${error.step ? ` at ${error.step}` : ''}: ${error.detail}`]] : []),
    ...leftovers.map(({ type, name, id, reason }) => ['left over', `${type} ${name ?? id ?? ''}: ${reason}`]),
  ];
  const steps = operation ? view.steps.map((step) => `  ${renderStep(step)}`) : [];
  return [renderTable(facts), ...steps].join('\n');
};
