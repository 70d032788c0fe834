import type { Examples } from './examples.ts';
import { AT } from './workspaces.ts';

const ID = 'AKIAIOSFODNN7EXAMPLE';

const KEY = {
  ...{ id: ID, state: 'active', createdAt: AT, expiresAt: '2026-12-21T11:45:00.000Z', status: 'expires in 29 days' },
};

const ITEM = { id: 'localhost.42', user: '42', role: 'user', phase: 'ready', updatedAt: AT };

const HOLDER = {
  ...ITEM,
  keys: [{ ...KEY, tasks: [] }],
  former: [{ id: 'AKIAI44QH8DHBEXAMPLE', removedAt: AT, why: 'expired' }],
  removal: null,
};

const REMOVAL = { requestedBy: 'operator:olga', requestedAt: AT, force: false };

export const KEY_EXAMPLES: Examples = {
  createUserKey: {
    answers: { 201: { aws_key_id: ID, aws_key_secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' } },
  },
  listUserKeys: { answers: { 200: [{ aws_key_id: ID, status: 'expires in 29 days' }] } },
  listKeyHolders: { answers: { 200: { items: [{ ...ITEM, keys: [KEY] }], nextCursor: null } } },
  showKeyHolder: { answers: { 200: HOLDER } },
  removeKeyHolder: {
    answers: {
      200: { ...HOLDER, phase: 'removed', keys: [], removal: REMOVAL },
      202: { ...HOLDER, phase: 'removing', removal: REMOVAL },
    },
  },
};
