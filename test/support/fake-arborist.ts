/**
 * A small Arborist on a free port: it holds what it is told, refuses what the real one refuses, and decides by what it
 * holds.
 * @see https://github.com/uc-cdis/arborist
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Role {
  readonly id: string;
  readonly permissions: readonly unknown[];
}

interface Policy {
  readonly id: string;
  readonly description?: string;
  readonly role_ids: readonly string[];
  readonly resource_paths: readonly string[];
}

export interface FakeArborist {
  readonly url: string;
  readonly resources: Set<string>;
  readonly roles: Map<string, Role>;
  readonly policies: Map<string, Policy>;
  /** Names of policies by user. */
  readonly users: Map<string, Set<string>>;
  /** `METHOD path` of every call that changes something. */
  readonly changes: string[];
  /** What is asked of `/auth/request`: `method resource`. */
  readonly asked: string[];
  /** Decides instead of a yes to everything. */
  decide: (method: string, resource: string) => boolean;
  /** Status of the next calls whose `METHOD path` begins so, as often as it says. */
  readonly failures: { readonly call: string; readonly status: number; times: number }[];
  readonly stop: () => void;
}

const SEGMENT = /^[a-zA-Z0-9_@.-]+$/;

export const startFakeArborist = async (): Promise<FakeArborist> => {
  const state = {
    resources: new Set<string>(['/services/workflow/gen3-workflow/tasks']),
    roles: new Map<string, Role>(),
    policies: new Map<string, Policy>(),
    users: new Map<string, Set<string>>(),
    changes: [] as string[],
    asked: [] as string[],
    decide: (_method: string, _resource: string) => true,
    failures: [] as FakeArborist['failures'],
  };

  const answer = (method: string, path: string, query: string, body: unknown): [number, unknown?] => {
    const failure = state.failures.find(({ call, times }) => times > 0 && `${method} ${path}`.startsWith(call));
    if (failure) {
      failure.times -= 1;
      return [failure.status, { error: { message: 'told to' } }];
    }
    const parts = path.split('/').slice(1).map(decodeURIComponent);
    const [kind = '', id = '', sub] = parts;
    if (path === '/auth/request') {
      const { requests } = body as { requests: { resource: string; action: { method: string } }[] };
      const [one] = requests;
      state.asked.push(`${one?.action.method} ${one?.resource}`);
      return [200, { auth: state.decide(one?.action.method ?? '', one?.resource ?? '') }];
    }
    if (method !== 'GET') state.changes.push(`${method} ${path}`);
    switch (kind) {
      case 'resource':
        return ofResource(method, `/${parts.slice(1).join('/')}`, query === 'p', body as { name?: string });
      case 'role':
        return ofNamed(state.roles, method, id, body as Role, (role) => role.permissions.length > 0);
      case 'policy':
        return ofNamed(
          state.policies,
          method,
          id,
          body as Policy,
          ({ role_ids, resource_paths }) =>
            role_ids.every((role) => state.roles.has(role)) &&
            resource_paths.every((resource) => state.resources.has(resource)),
        );
      case 'user':
        return ofUser(method, id, sub, body as { name?: string; policy?: string });
      default:
        return [404];
    }
  };

  const ofResource = (
    method: string,
    path: string,
    withParents: boolean,
    body: { name?: string },
  ): [number, unknown?] => {
    if (method === 'GET') return state.resources.has(path) ? [200, { path }] : [404];
    if (!body.name || !SEGMENT.test(body.name)) return [400];
    const all = `${path}/${body.name}`;
    if (!withParents && !state.resources.has(path)) return [400];
    if (state.resources.has(all)) return [409];
    const names = all.split('/').slice(1);
    for (const at of names.keys()) state.resources.add(`/${names.slice(0, at + 1).join('/')}`);
    return [201, { created: { path: all } }];
  };

  const ofNamed = <T extends { readonly id: string }>(
    map: Map<string, T>,
    method: string,
    id: string,
    body: T,
    isSound: (body: T) => boolean,
  ): [number, unknown?] => {
    if (method === 'GET') return map.has(id) ? [200, map.get(id)] : [404];
    if (!body.id || !isSound(body)) return [400];
    if (method === 'POST' && map.has(body.id)) return [409];
    if (method === 'PUT' && !map.has(id)) return [404];
    map.set(body.id, body);
    return [method === 'POST' ? 201 : 200, { created: body }];
  };

  const ofUser = (
    method: string,
    id: string,
    sub: string | undefined,
    body: { name?: string; policy?: string },
  ): [number, unknown?] => {
    if (method === 'GET') {
      const policies = state.users.get(id);
      return policies ? [200, { name: id, policies: [...policies].map((policy) => ({ policy })) }] : [404];
    }
    if (id === '') {
      if (!body.name) return [400];
      if (state.users.has(body.name)) return [409];
      state.users.set(body.name, new Set());
      return [201];
    }
    if (sub !== 'policy' || !body.policy || !state.policies.has(body.policy)) return [400];
    const grants = state.users.get(id);
    if (!grants) return [404];
    grants.add(body.policy);
    return [204];
  };

  const server = createServer(async (req, res) => {
    const [path = '', query = ''] = (req.url ?? '').split('?');
    const [status, body] = answer(req.method ?? '', path, query, await bodyOf(req));
    res.writeHead(status, { 'content-type': 'application/json' }).end(body === undefined ? '' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  });
};

const bodyOf = async (req: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of req) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
};
