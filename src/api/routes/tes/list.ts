import { createRoute, z } from '@hono/zod-openapi';
import { TES_STATES } from '#tes/model.ts';
import type { App } from '../../deps.ts';
import { BEARER, json, problems } from '../../openapi.ts';
import { refuseWith400, requireTes, type TesDeps } from './deps.ts';
import { TaskList, View } from './schemas.ts';

const PAGE_SIZE_MAX = 2_047;
const PAGE_SIZE_DEFAULT = 256;

/** Once, or several times. */
const repeated = (description: string, example: string) =>
  z
    .union([z.string(), z.array(z.string())])
    .optional()
    .transform((given) => (given === undefined ? [] : [given].flat()))
    .openapi({ type: 'array', items: { type: 'string' }, description, example: [example] });

const route = createRoute({
  method: 'get',
  path: '/ga4gh/tes/v1/tasks',
  operationId: 'tesListTasks',
  summary: 'List tasks',
  description:
    'Those that the caller may see, newest first; an operator sees all. At most 256 a page in the view `FULL`.',
  security: BEARER,
  request: {
    query: z.object({
      name_prefix: z
        .string()
        .optional()
        .openapi({ description: 'Only those whose name begins with it', example: 'count' }),
      state: z.enum(TES_STATES).optional().openapi({ description: 'Only those in this state' }),
      tag_key: repeated('Tasks that have all of these tags.', 'project'),
      tag_value: repeated('The n-th belongs to the n-th tag_key; left out or empty: any value.', 'genomes'),
      page_size: z.coerce
        .number()
        .int()
        .min(1)
        .max(PAGE_SIZE_MAX)
        .default(PAGE_SIZE_DEFAULT)
        .openapi({ description: 'Tasks a page', example: 256 }),
      page_token: z
        .string()
        .optional()
        .openapi({ description: '`next_page_token` of the page before.', example: 'bmV4dA' }),
      view: View,
    }),
  },
  responses: { 200: json(TaskList, 'One page'), ...problems(400, 502) },
});

export const registerListTasks = (app: App, tes: TesDeps | undefined): void => {
  app.openapi(
    route,
    async (c) => {
      const { service, identify } = requireTes(tes);
      const caller = await identify(c.req.header('authorization'));
      const query = c.req.valid('query');
      const page = await service.list(caller, {
        view: query.view,
        pageSize: query.page_size,
        pageToken: query.page_token || undefined,
        namePrefix: query.name_prefix,
        state: query.state,
        tagKeys: query.tag_key,
        tagValues: query.tag_value,
      });
      return c.json({ ...page, tasks: [...page.tasks] }, 200);
    },
    refuseWith400,
  );
};
