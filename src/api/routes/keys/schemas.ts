/** The shapes of key holders, and who may see them. */
import { z } from '@hono/zod-openapi';
import { HOLDER_PHASES } from '#domain/keys/record.ts';
import { type ApiDeps, principalOf } from '../../deps.ts';
import { type KeyHolders, noSuchHolder } from '../../keys/key-holders.ts';
import { scopeOf } from '../../principal.ts';

const time = z.string().openapi({ format: 'date-time' });

export const KeyHolderId = z
  .string()
  .min(1)
  .max(512)
  .openapi({
    param: { name: 'id', in: 'path' },
    example: 'localhost.42',
    description: '`<H>.<user id>`, or `<H>.<user id>-bot` for system keys',
  });

const key = {
  id: z.string(),
  state: z.enum(['made', 'active', 'retiring', 'inactive']),
  createdAt: time,
  expiresAt: time.nullable(),
  status: z.string(),
};

const holder = {
  id: z.string(),
  user: z.string(),
  role: z.enum(['user', 'system']),
  phase: z.enum(HOLDER_PHASES),
  updatedAt: time,
};

export const KeyHolder = z
  .object({
    ...holder,
    keys: z.array(
      z.object({
        ...key,
        tasks: z.array(z.object({ task: z.string(), takenAt: time, until: time })).openapi({
          description: 'Tasks that were given this key and are not known to have ended; a hundred at most.',
        }),
      }),
    ),
    former: z.array(z.object({ id: z.string(), removedAt: time, why: z.string() })),
    removal: z
      .object({ requestedBy: z.string(), requestedAt: time, force: z.boolean() })
      .nullable()
      .openapi({ description: 'The removal under way, or the last one.' }),
  })
  .openapi('KeyHolder');

export const KeyHolderList = z
  .object({ items: z.array(z.object({ ...holder, keys: z.array(z.object(key)) })), nextCursor: z.string().nullable() })
  .openapi('KeyHolderList');

/** As if missing: who holds keys is nobody else's to know. @throws NotFound */
export const requireKeyHolders = (
  c: Parameters<typeof principalOf>[0],
  { keyHolders }: Pick<ApiDeps, 'keyHolders'>,
  action: 'seeKeyHolders' | 'removeKeyHolders',
): KeyHolders => {
  if (!keyHolders || scopeOf(principalOf(c), action) === 'no') throw noSuchHolder();
  return keyHolders;
};
