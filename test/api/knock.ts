/** Every door at which a token is shown, found from the application itself, and a way to show one there. */
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import { s3 } from '../s3/support/http.ts';
import type { DoorRig } from './door-rig.ts';
import { ENVIRONMENT } from './rig.ts';

export interface Door {
  readonly name: string;
  /** Whose token belongs here. */
  readonly bearer: 'user' | 'client';
  readonly knock: (token: string) => Promise<Knocked>;
}

export interface Knocked {
  /** `refused`: for the token. Whatever comes behind the door counts as let in. */
  readonly outcome: 'refused' | 'let in' | string;
  readonly text: string;
}

/** They tell nothing that a token would be needed for. */
const OPEN = /^\/(health\/(live|ready)|_version|_status|metrics|openapi\.json|docs(\/.*)?)$/;

const USER = 'alice';
const LONG_NAME_FOR_STREAMS = 'text/event-stream';

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /v1/workspaces': { profile: 'nextflow' },
  'POST /v1/workspaces/plan': { profile: 'nextflow' },
  'POST /v1/workspaces/{id}/terminate': { mode: 'park' },
  'POST /v1/workspaces/{id}/abandon-step': { step: 'network', reason: 'r' },
  'POST /hatchery/launch': { user: USER, nextflow: {} },
  'POST /hatchery/terminate': { user: USER },
  'POST /ga4gh/tes/v1/tasks': { executors: [{ image: 'alpine', command: ['true'] }] },
};

export const doorsOf = async (rig: DoorRig): Promise<readonly Door[]> => [
  ...(await jsonDoors(rig)),
  ...rig.rawDoors.flatMap((path) => {
    const door = RAW[path];
    if (!door) throw new Error(`nobody knocks at ${path} yet: say how, in RAW`);
    return door(rig);
  }),
];

async function jsonDoors({ api, app }: DoorRig): Promise<Door[]> {
  const document = (await (await app.request('/openapi.json')).json()) as { paths: Record<string, object> };
  const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
  // What is registered beside the document would be a door that nobody watches.
  const known = new Set(documented.map(({ method, path }) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`));
  for (const { method, path } of app.routes) {
    if (method !== 'ALL' && !OPEN.test(path) && !known.has(`${method} ${path.replace(/\{.*?(:\w+)?\}/g, '$1')}`))
      throw new Error(`${method} ${path} is in no document`);
  }
  return (
    documented
      // Credentials of a workspace are asked for by its own token, which is no token of the issuer's.
      .filter(({ path }) => !OPEN.test(path) && !path.endsWith('/aws-credentials'))
      .flatMap((route) => [
        { ...route, bearer: 'user' as const },
        // A client's token opens storage for the user that it names.
        ...(/^\/(storage|aws)\//.test(route.path) ? [{ ...route, bearer: 'client' as const }] : []),
      ])
      .map(({ method, path, bearer }) => ({
        name: `${method} ${path}${bearer === 'client' ? ' for a user' : ''}`,
        bearer,
        async knock(token) {
          const body = BODIES[`${method} ${path}`];
          const target = path.replace('{id}', `${ENVIRONMENT}.${USER}`).replace(/nextflow-config$/, `$&?user=${USER}`);
          const answer = await fetch(`${api}${target}`, {
            method,
            headers: {
              authorization: `Bearer ${token}${bearer === 'client' ? `;userId=${USER}` : ''}`,
              ...(body !== undefined && { 'content-type': 'application/json' }),
            },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          });
          const { status, headers } = answer;
          const isStream = headers.get('content-type')?.startsWith(LONG_NAME_FOR_STREAMS);
          const text = isStream ? '' : await answer.text();
          if (isStream) await answer.body?.cancel();
          return { outcome: status === 401 ? 'refused' : status < 500 ? 'let in' : `${status} ${text}`, text };
        },
      }))
  );
}

const bucket = bucketNameOf('localhost', USER) as string;

const s3Door = (name: string, endpoint: string, bearer: Door['bearer']): Door => ({
  name,
  bearer,
  async knock(token) {
    const accessKeyId = bearer === 'client' ? `${token};userId=${USER}` : token;
    const { status, code, text } = await s3({
      endpoint,
      credentials: { accessKeyId, secretAccessKey: 'N/A' },
      path: `/${bucket}/key`,
    });
    const isRefusal = status === 403 && ['InvalidAccessKeyId', 'ExpiredToken'].includes(code);
    return { outcome: isRefusal ? 'refused' : status === 200 ? 'let in' : `${status} ${text}`, text };
  },
});

const stsDoor = (name: string, url: string, bearer: Door['bearer']): Door => ({
  name,
  bearer,
  async knock(token) {
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({
        Action: 'AssumeRoleWithWebIdentity',
        Version: '2011-06-15',
        RoleArn: 'arn:aws:iam::000000000000:role/eyrie',
        RoleSessionName: 'run',
        WebIdentityToken: bearer === 'client' ? `${token};userId=${USER}` : token,
      }),
    });
    const text = await answer.text();
    const isRefusal = answer.status === 400 && /<Code>(InvalidIdentityToken|ExpiredTokenException)</.test(text);
    return { outcome: isRefusal ? 'refused' : answer.status === 200 ? 'let in' : `${answer.status} ${text}`, text };
  },
});

const RAW: Readonly<Record<string, (rig: DoorRig) => Door[]>> = {
  '/s3': ({ api, s3Root }) => [
    s3Door('S3 under /s3', `${api}/s3`, 'user'),
    s3Door('S3 at the root', s3Root, 'user'),
    s3Door('S3 for a user', `${api}/s3`, 'client'),
  ],
  '/aws/sts': ({ api }) => [
    stsDoor('STS', `${api}/aws/sts`, 'user'),
    stsDoor('STS for a user', `${api}/aws/sts`, 'client'),
  ],
};
