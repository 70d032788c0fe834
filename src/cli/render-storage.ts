/** A user's storage for a person to read. */
import type { StorageView } from '#domain/storage/view.ts';
import { findByUser } from './find-subject.ts';
import { renderSubject, type ShownKind } from './render-subject.ts';
import { commonForms } from './subject-name.ts';

const render = (view: StorageView): string => {
  const { emptying } = view;
  return renderSubject(view, {
    kind: PLACE.kind,
    before: [
      ['storage', view.id],
      ['user', view.user],
      ['account', `${view.account} ${view.region}`],
      ['bucket', view.bucket],
      ...(view.kmsKeyArn ? [['key', view.kmsKeyArn]] : []),
    ],
    after: emptying
      ? [['emptied', `${emptying.removed} objects, ${emptying.uploads} uploads (${emptying.perSecond} a second)`]]
      : [],
  });
};

const PLACE = { kind: 'storage', path: '/v1/storage' } as const;

export const NAMED = 'the storage: its id, the id of its user, or an address that shows it';

export const STORAGE: ShownKind<StorageView> = {
  ...PLACE,
  event: 'storage',
  forms: ['the id of its user (42)', ...commonForms(PLACE.kind, PLACE.path, '42')],
  find: findByUser(PLACE),
  render,
};
