/** The shape of a user's storage, for validation and for the OpenAPI document alike. */
import { z } from '@hono/zod-openapi';
import { STORAGE_PHASES } from '#domain/storage/view.ts';
import { progress, Step, time } from '../schemas.ts';

export const StorageId = z
  .string()
  .min(1)
  .max(512)
  .openapi({ param: { name: 'id', in: 'path' }, example: 'localhost.42', description: '`<H>.<user id>`' });

const storage = {
  id: z.string(),
  user: z.string().openapi({ description: 'User id (`sub`).' }),
  environment: z.string(),
  account: z.string(),
  region: z.string(),
  bucket: z.string(),
  workdir: z.string(),
  kmsKeyArn: z.string().nullable(),
  phase: z.enum(STORAGE_PHASES),
  emptying: z
    .object({
      removed: z.int().openapi({ description: 'Versions and delete markers removed so far.' }),
      uploads: z.int().openapi({ description: 'Unfinished uploads ended so far.' }),
      perSecond: z.int().openapi({ description: 'Objects a second, since it began.' }),
      startedAt: time,
      updatedAt: time,
    })
    .nullable()
    .openapi({ description: 'How far the emptying under way has come, or the last one.' }),
  ...progress,
};

export const UserStorageBody = z.object({ ...storage, steps: z.array(Step).readonly() }).openapi('UserStorage');

export const UserStorageList = z
  .object({
    items: z.array(z.object(storage).openapi('UserStorageItem')).readonly(),
    nextCursor: z.string().nullable(),
  })
  .openapi('UserStorageList');
