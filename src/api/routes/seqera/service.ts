/** What Seqera's command line asks for before anything else: the service, the user, their workspaces and credentials. */
import { createRoute, z } from '@hono/zod-openapi';
import { type ApiDeps, type App, principalOf } from '../../deps.ts';
import { BEARER, json } from '../../openapi.ts';
import { workspace } from './schemas.ts';

/** The version of Seqera's API whose shapes these are. */
const API_VERSION = '1.181.0';

const Loose = z.custom<Readonly<Record<string, unknown>>>().openapi({ type: 'object' });

const info = createRoute({
  method: 'get',
  path: '/seqera/service-info',
  operationId: 'seqeraServiceInfo',
  summary: 'Versions, as Seqera tells them',
  description: 'What its command line asks for first.',
  security: BEARER,
  responses: {
    200: json(z.object({ serviceInfo: Loose }), 'Eyrie’s version, and that of Seqera’s API'),
  },
});

const user = createRoute({
  method: 'get',
  path: '/seqera/user-info',
  operationId: 'seqeraUserInfo',
  summary: 'Who calls, as Seqera tells it',
  description: 'The caller by name, with the id that `GET /seqera/user/{userId}/workspaces` takes.',
  security: BEARER,
  responses: { 200: json(z.object({ user: Loose, needConsent: z.boolean() }), 'The caller') },
});

const workspaces = createRoute({
  method: 'get',
  path: '/seqera/user/{userId}/workspaces',
  operationId: 'seqeraListWorkspaces',
  summary: 'No workspaces of Seqera’s',
  description: 'Always an empty list: environments belong to no workspace.',
  security: BEARER,
  request: {
    params: z.object({
      userId: z.string().max(64).openapi({ description: 'As `GET /seqera/user-info` tells it', example: '1' }),
    }),
  },
  responses: { 200: json(z.object({ orgsAndWorkspaces: z.array(Loose) }), 'None') },
});

const credentials = createRoute({
  method: 'get',
  path: '/seqera/credentials',
  operationId: 'seqeraListCredentials',
  summary: 'Accounts that compute environments may be made in, as credentials of Seqera’s',
  description: 'Nothing of them but the id of the account is shown.',
  security: BEARER,
  request: {
    query: z.looseObject({
      workspaceId: workspace.workspaceId,
      platformId: z
        .string()
        .max(64)
        .optional()
        .openapi({ description: 'Only those for this platform', example: 'aws-batch' }),
    }),
  },
  responses: { 200: json(z.object({ credentials: z.array(Loose) }), 'One for each account') },
});

export const registerSeqeraService = (app: App, { compute, version, now = Date.now }: ApiDeps): void => {
  app.openapi(info, async (c) => {
    compute.require(principalOf(c));
    const serviceInfo = {
      version: `eyrie ${version.version}`,
      apiVersion: API_VERSION,
      commitId: version.commit,
      authTypes: [],
      userWorkspaceEnabled: true,
      allowInstanceCredentials: true,
      waveEnabled: false,
    };
    return c.json({ serviceInfo }, 200);
  });

  app.openapi(user, async (c) => {
    const principal = principalOf(c);
    compute.require(principal);
    const { name } = principal;
    const at = new Date(now()).toISOString();
    return c.json(
      { user: { id: 1, userName: name, email: null, dateCreated: at, trusted: true }, needConsent: false },
      200,
    );
  });

  app.openapi(workspaces, async (c) => {
    compute.require(principalOf(c));
    return c.json({ orgsAndWorkspaces: [] }, 200);
  });

  app.openapi(credentials, async (c) => {
    compute.require(principalOf(c));
    const isAws = (c.req.valid('query').platformId ?? 'aws-batch') === 'aws-batch';
    const accounts = isAws ? await compute.accounts() : [];
    const shown = accounts.map((id) => ({
      ...{ id, name: `aws-${id}`, description: null, provider: 'aws', discriminator: 'aws', baseUrl: null },
      ...{ category: null, deleted: null, lastUsed: null, status: 'AVAILABLE' },
    }));
    return c.json({ credentials: shown }, 200);
  });
};
