import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { asProblem, bearerOf, type StorageDeps } from './deps.ts';

const Storage = z.object({ bucket: z.string(), workdir: z.string(), region: z.string() }).openapi('Storage');

/** Where task files go, as Gen3's workflow service has it. */
const WORK_DIRECTORY = 'ga4gh-tes';

const route = createRoute({
  method: 'get',
  path: '/storage/setup',
  operationId: 'setUpStorage',
  summary: "Make the caller's bucket where it is missing",
  description:
    'Safe to repeat. Answers where to work. Where Arborist decides, the caller needs `create` on their own storage.',
  security: BEARER,
  responses: { 200: json(Storage, 'The bucket exists'), ...problems(403) },
});

export const registerStorageSetup = (app: App, { mint, setup, region }: StorageDeps): void => {
  app.openapi(route, async (c) => {
    const { bucket } = await asProblem(mint.permit(bearerOf(c), 'create'));
    await asProblem(setup.ensureBucket(bucket));
    return c.json({ bucket, workdir: `s3://${bucket}/${WORK_DIRECTORY}`, region }, 200);
  });
};
