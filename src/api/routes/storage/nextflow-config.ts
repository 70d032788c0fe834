import { createRoute, z } from '@hono/zod-openapi';
import { withAwsEndpoint } from '#domain/core/nextflow-endpoint.ts';
import { renderStorageConfig, STORAGE_CONFIG_MODES } from '#domain/storage/nextflow-config.ts';
import type { App } from '../../deps.ts';
import { BEARER } from '../../openapi.ts';
import { withStorage } from './caller.ts';
import type { StorageDeps } from './deps.ts';

const Query = z.object({
  mode: z.enum(STORAGE_CONFIG_MODES).default('s3').openapi({
    description: '`s3`: the S3 endpoint, with the Gen3 token as key. `keys`: S3 itself, with an IAM key of the user.',
  }),
});

const route = createRoute({
  method: 'get',
  path: '/storage/nextflow.config',
  operationId: 'getStorageNextflowConfig',
  summary: 'A Nextflow configuration for tasks on the TES server',
  description: 'Everything is filled in but the secrets, which are read from the environment: `GEN3_TOKEN`, and keys.',
  security: BEARER,
  request: { query: Query },
  responses: {
    200: { description: 'nextflow.config', content: { 'text/plain': { schema: z.string() } } },
  },
});

export const registerStorageNextflowConfig = (app: App, deps: StorageDeps): void => {
  const { region, endpoint, container = '', awsEndpoint } = deps;
  app.openapi(route, async (c) => {
    const { mode } = c.req.valid('query');
    const { bucket } = await withStorage(c, deps);
    const s3 = endpoint();
    const api = s3.replace(/\/s3$/, '');
    const config = renderStorageConfig({ mode, bucket, region, api, s3, container });
    // The S3 endpoint has its own address in it.
    return c.text(mode === 'keys' ? withAwsEndpoint(config, awsEndpoint) : config, 200);
  });
};
