/** A workspace for a person to read. */
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { renderSubject, type ShownKind } from './render-subject.ts';

const render = (view: WorkspaceView): string => {
  const { credential } = view;
  return renderSubject(view, {
    before: [
      ['workspace', view.id],
      ['user', view.user],
      ['account', `${view.account} ${view.region}`],
    ],
    after: [
      ...(view.profile ? [['profile', view.profile]] : []),
      ['credential', credential.accessKeyId ? `${credential.state} ${credential.accessKeyId}` : credential.state],
      ...(view.disposalDueAt ? [['disposed of', `on ${view.disposalDueAt}, unless it is launched before`]] : []),
    ],
  });
};

export const WORKSPACE: ShownKind<WorkspaceView> = {
  path: '/v1/workspaces',
  event: 'workspace',
  watched: 'eyrie watch',
  render,
};
