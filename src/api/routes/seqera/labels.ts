/** Labels: those that compute environments have. */
import { createRoute, z } from '@hono/zod-openapi';
import type { ComputeEnvironments } from '../../compute/compute-environments.ts';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import type { Principal } from '../../principal.ts';
import { listAll } from './all.ts';
import { type Label, labelsOf } from './label.ts';
import { LabelList, workspace } from './schemas.ts';

const route = createRoute({
  method: 'get',
  path: '/seqera/labels',
  operationId: 'seqeraListLabels',
  summary: 'List labels, as Seqera does',
  description:
    'Those that compute environments have; each is a resource label, with name and value. A create that names one by its id in ' +
    '`labelIds` is given it. A label is made with the environment that has it (`labels`), not before.',
  security: BEARER,
  request: {
    query: z.looseObject({
      workspaceId: workspace.workspaceId,
      max: z.coerce
        .number()
        .int()
        .min(0)
        .max(1_000)
        .default(100)
        .openapi({ description: 'Labels at most', example: 100 }),
      offset: z.coerce
        .number()
        .int()
        .min(0)
        .default(0)
        .openapi({ description: 'Labels left out at first', example: 0 }),
      search: z
        .string()
        .max(256)
        .optional()
        .openapi({ description: 'Only those whose name holds it', example: 'project' }),
      type: z
        .enum(['simple', 'resource', 'all'])
        .default('all')
        .openapi({ description: 'There are none without a value (`simple`)' }),
      isDefault: z.enum(['true', 'false']).optional().openapi({ description: 'None is the default of anything' }),
    }),
  },
  responses: { 200: json(LabelList, 'By name and value') },
});

export const registerSeqeraLabels = (app: App, { compute }: ApiDeps): void => {
  app.openapi(route, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const { max, offset, search = '', type, isDefault } = c.req.valid('query');
    const all = type === 'simple' || isDefault === 'true' ? [] : await listLabels(compute, principal);
    const found = all.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
    return c.json({ labels: found.slice(offset, offset + max), totalSize: found.length }, 200);
  });
};

/** Each once. */
export const listLabels = async (
  compute: Pick<ComputeEnvironments, 'list'>,
  principal: Principal,
): Promise<readonly Label[]> => {
  const labels = (await listAll(compute, principal)).flatMap((item) => labelsOf(item.labels));
  const distinct = new Map(labels.map((label) => [label.id, label]));
  return [...distinct.values()].toSorted((a, b) => (a.name + a.value < b.name + b.value ? -1 : 1));
};
