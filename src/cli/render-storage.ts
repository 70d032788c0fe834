/** A user's storage for a person to read. */
import type { StorageView } from '#domain/storage/view.ts';
import { renderSubject, type ShownKind } from './render-subject.ts';

const render = (view: StorageView): string => {
  const { emptying } = view;
  return renderSubject(view, {
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

export const STORAGE: ShownKind<StorageView> = {
  path: '/v1/storage',
  event: 'storage',
  watched: 'eyrie storage watch',
  render,
};
