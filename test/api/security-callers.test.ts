/**
 * Every route with every kind of caller, as the document tells who may call it. A route that the document has and that is
 * not tried here fails the first test.
 */
import { describe, expect, test } from 'vitest';
import { callersOf } from '#api/callers.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import { aBody, computeOf, computeRig } from './compute-rig.ts';
import { apiRig, type Caller, conformanceOf, ENVIRONMENT, idOf } from './rig.ts';
import { userStorageRig } from './user-storage-rig.ts';

const { document } = conformanceOf(apiRig({ storage: {} as never }).app);

const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    route: `${method.toUpperCase()} ${path}`,
    ...{ method: method.toUpperCase(), path, operation },
    body: Object.values(operation.requestBody?.content['application/json']?.examples ?? {})[0]?.value,
  })),
);

type Rig = Pick<ReturnType<typeof apiRig>, 'call'>;

interface World {
  readonly rig: Rig;
  /** For the names in the path. */
  readonly id: string;
}

/** Where there is a thing of bob's, or of nobody's, of each kind. */
const WORLDS: readonly (readonly [RegExp, () => Promise<World>])[] = [
  [
    /^\/(v1\/workspaces|hatchery)/,
    async () => {
      const rig = apiRig();
      await rig.launched('bob');
      return { rig, id: idOf('bob') };
    },
  ],
  [
    /^\/(v1\/compute-environments|seqera)/,
    async () => {
      const rig = computeRig();
      const { compute } = await rig.created(aBody({}, {}, { eyrie: { alias: 'genomes' } }));
      // A validation is waited for.
      rig.workflows.afterDescribe = () =>
        rig.workflows.closeOf(computeSubject({ environment: ENVIRONMENT, forgeId: compute.forgeId }));
      return { rig, id: compute.forgeId };
    },
  ],
  [
    /^\/(v1\/storage|storage|aws)/,
    async () => {
      const rig = userStorageRig();
      const id = await rig.begun('bob');
      // What goes on is followed without an end.
      rig.workflows.closeOf(storageSubject({ environment: ENVIRONMENT, user: 'bob' }), 'FAILED');
      return { rig, id };
    },
  ],
  [/^\/v1\/schedules/, async () => ({ rig: apiRig(), id: 'idle-disposal' })],
  [/^\/v1\/sweeps/, async () => ({ rig: apiRig(), id: '' })],
  [/^\/v1\/key-holders/, async () => ({ rig: apiRig(), id: 'localhost.bob' })],
];

/** A token of the issuer's is not what they ask for. */
const isOpen = (path: string) =>
  /^\/(health\/|_status|_version|metrics)|\/aws-credentials$/.test(path) && !path.startsWith('/aws/');
/** In front of a TES server: test/tes/security.test.ts. */
const isTask = (path: string) => path.startsWith('/ga4gh/');

const tried = routes.filter(({ path }) => !isOpen(path) && !isTask(path));

test('every route says who may call it, and is tried', () => {
  const silent = routes.filter(({ path, operation }) => !isOpen(path) && !callersOf(path, operation.operationId));
  expect(silent.map(({ route }) => route)).toEqual([]);
  const nowhere = tried.filter(({ path }) => WORLDS.filter(([paths]) => paths.test(path)).length !== 1);
  expect(nowhere.map(({ route }) => route)).toEqual([]);
});

const worldOf = async (path: string): Promise<World> => {
  const open = WORLDS.find(([paths]) => paths.test(path))?.[1];
  if (!open) throw new Error(`nothing is known of ${path}`);
  return await open();
};

const KINDS = { user: 'bob', service: 'hatchery', operator: 'operator' } as const satisfies Record<string, Caller>;

/** What the query has to have. */
const QUERIES: Readonly<Record<string, string>> = {
  '/hatchery/nextflow-config': '?user=bob',
  '/seqera/compute-envs/validate': '?name=free',
};

describe.each(tried)('$route', ({ method, path, operation, body }) => {
  const ask = async (as: Caller) => {
    const { rig, id } = await worldOf(path);
    const filled = path
      .replace('{id}', id)
      .replace('{alias}', 'genomes')
      .replace(/\{\w+\}/, '1');
    // What a body names is bob's.
    const own = JSON.parse(JSON.stringify(body ?? null).replaceAll('test@example.com', 'bob'));
    return await rig.call(as, method, filled + (QUERIES[path] ?? ''), own ?? undefined);
  };
  const callers = callersOf(path, operation.operationId);

  test.each(Object.entries(KINDS))('a %s is let in, or told nothing, as the document says', async (kind, as) => {
    const scope = callers?.[kind as keyof typeof KINDS];
    const { status, text } = await ask(as);
    // Seqera's clients are told 403 of what is not there, too: there is one.
    if (scope === 'no') expect([[403, 404], text]).toEqual([expect.arrayContaining([status]), text]);
    else expect([status, text]).not.toEqual([403, text]);
  });
});

test('the alias and the name that are asked for are those of something', async () => {
  const rig = computeRig();
  const made = computeOf(await rig.post(aBody({}, {}, { eyrie: { alias: 'genomes' } })));
  await rig.finish(made.forgeId);
  expect((await rig.call('operator', 'GET', '/v1/compute-environments/by-alias/genomes')).status).toBe(200);
});
