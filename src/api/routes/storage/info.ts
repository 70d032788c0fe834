import { createRoute, z } from '@hono/zod-openapi';
import { workdirOf } from '#domain/storage/names.ts';
import { STORAGE_PHASES } from '#domain/storage/view.ts';
import type { App } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { withStorage } from './caller.ts';
import type { StorageDeps } from './deps.ts';

const Info = z
  .object({
    bucket: z.string(),
    workdir: z.string(),
    region: z.string(),
    kms_key_arn: z.string().nullable(),
    state: z.enum(['none', ...STORAGE_PHASES]).openapi({ description: '`none`: nothing was set up.' }),
  })
  .openapi('StorageInfo');

const route = createRoute({
  method: 'get',
  path: '/storage/info',
  operationId: 'showOwnStorage',
  summary: "Where the caller's bucket is, and whether it is ready",
  description: 'Makes nothing.',
  security: BEARER,
  responses: { 200: json(Info, 'The storage') },
});

export const registerStorageInfo = (app: App, deps: StorageDeps): void => {
  app.openapi(route, async (c) => {
    const { userId, bucket } = await withStorage(c, deps);
    const located = await deps.users?.find({ userId });
    const view = located && (await deps.users?.show(located));
    return c.json(
      {
        bucket,
        workdir: workdirOf(bucket),
        region: deps.region,
        kms_key_arn: view?.kmsKeyArn ?? null,
        state: view?.phase ?? ('none' as const),
      },
      200,
    );
  });
};
