/** A workspace for a person to read. */
import type { CredentialView, WorkspaceView } from '#domain/workspace/view.ts';
import { findByUser } from './find-subject.ts';
import { renderSubject, type ShownKind } from './render-subject.ts';
import { commonForms } from './subject-name.ts';

const render = (view: WorkspaceView): string => {
  const { credential } = view;
  return renderSubject(view, {
    kind: PLACE.kind,
    before: [
      ['workspace', view.id],
      ['user', view.user],
      ['account', `${view.account} ${view.region}`],
    ],
    after: [
      ...(view.profile ? [['profile', view.profile]] : []),
      ['credential', credentialOf(credential)],
      ...(view.health?.problems ?? []).map(({ code, detail }) => ['not well', `${code}: ${detail}`]),
      ...(view.health
        ? [
            ['since', view.health.since],
            ['what to do', view.health.hint],
          ]
        : []),
      ...(view.disposalDueAt ? [['disposed of', `on ${view.disposalDueAt}, unless it is launched before`]] : []),
    ],
  });
};

const credentialOf = ({ state, accessKeyId }: CredentialView): string => {
  if (accessKeyId === null) return state;
  const why = state === 'none' ? ': nobody can be given its secret, whose sealing key is not configured any more' : '';
  return `${state} ${accessKeyId}${why}`;
};

const PLACE = { kind: 'workspace', path: '/v1/workspaces' } as const;

/** What its argument says in the help. */
export const NAMED = 'the workspace: its id, the name of its user, or an address that shows it';

export const WORKSPACE: ShownKind<WorkspaceView> = {
  ...PLACE,
  event: 'workspace',
  forms: ['the name of its user (alice@example.org)', ...commonForms(PLACE.kind, PLACE.path, 'alice-40example-2eorg')],
  find: findByUser(PLACE),
  render,
};
