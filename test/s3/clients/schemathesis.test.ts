/**
 * Requests that are made up from the document of the API, valid and not, in chains along its links, by each kind of caller:
 * none of them is a fault of the server's, and every answer is one that the document promises. FUZZ_SECONDS gives each
 * caller longer, and FUZZ_SEED repeats what was made up.
 */
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requestToken, type TokenRequest } from '#cli/token.ts';
import { type DevProcess, startDevProcess } from '../../support/dev-process.ts';
import { until } from '../../support/workspace-runs.ts';
import { type FakeTes, startFakeTes } from '../../tes/fake-tes.ts';
import { run } from './run.ts';

const SCHEMATHESIS = fileURLToPath(new URL('../../../.eyrie/tes/bin/schemathesis', import.meta.url));
const HOOKS = fileURLToPath(new URL('./schemathesis_checks.py', import.meta.url));
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 25);
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(1_000_000));
/** All cases of each parameter's schema take minutes. */
const PHASES = SECONDS > 300 ? 'examples,coverage,fuzzing,stateful' : 'examples,fuzzing,stateful';
const CHECKS =
  'no_fault_of_the_server,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance';

/** Whose workspace the examples of the document name. */
const OTHER = { user: 'test@example.com', sub: '7' };
const ALICE = { user: 'alice@example.com', sub: '42' };

let tes: FakeTes;
let dev: DevProcess;

const tokenOf = (request: TokenRequest): Promise<string> =>
  requestToken(dev.state().issuer, { ...request, ttlSeconds: 36_000 });

const ask = async (as: TokenRequest, method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${dev.state().api}${path}`, {
    method,
    headers: { authorization: `Bearer ${await tokenOf(as)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: (text === '' ? null : JSON.parse(text)) as never };
};

const OPERATOR: TokenRequest = { operator: true };

/** What somebody else has: nothing of it changes unless they, a client or an operator want it. */
const ofOther = async () => ({
  workspace: (await ask(OPERATOR, 'GET', '/v1/workspaces/localhost.test-40example-2ecom')).json,
  storage: (await ask(OPERATOR, 'GET', '/v1/storage/localhost.7')).json,
  tasks: tes.tasks.filter(({ name }) => name === "another's"),
});

/** Users of all that there is. */
const usersOf = async (path: string): Promise<string[]> => {
  const { items } = (await ask(OPERATOR, 'GET', `${path}?limit=100`)).json as { items: { user: string }[] };
  return [...new Set(items.map(({ user }) => user))].sort();
};

beforeAll(async () => {
  tes = await startFakeTes();
  dev = await startDevProcess('--tes-url', tes.url);
  await ask(OPERATOR, 'POST', '/v1/workspaces', { user: OTHER.user, profile: 'nextflow' });
  await until('their workspace runs', async () => {
    const { workspace } = await ofOther();
    return (workspace as { phase: string }).phase === 'running';
  });
  await until('their storage is ready', async () => (await ask(OTHER, 'GET', '/storage/setup')).status === 200);
  await ask(OTHER, 'POST', '/ga4gh/tes/v1/tasks', {
    ...{ name: "another's", executors: [{ image: 'alpine:3.20', command: ['true'] }] },
  });
});

afterAll(async () => {
  await dev?.stop();
  await tes?.stop();
});

/** @throws Error with what Schemathesis found, and the calls that show it */
const fuzz = async (as: TokenRequest): Promise<void> => {
  const { api } = dev.state();
  const { code, out, err } = await run(
    SCHEMATHESIS,
    [
      ...['run', `${api}/openapi.json`, `--url=${api}`, `--header=Authorization: Bearer ${await tokenOf(as)}`],
      ...[`--checks=${CHECKS}`, `--phases=${PHASES}`, `--max-time=${SECONDS}`, `--seed=${SEED}`],
      ...['--max-examples=20', '--continue-on-failure', '--request-timeout=60', '--generation-database=none'],
      ...['--warnings=off', '--no-color'],
    ],
    { SCHEMATHESIS_HOOKS: HOOKS },
  );
  const phases = [...out.matchAll(/(\w+) \(in [\d.]+s\)/g)].map(([phase]) => phase);
  console.info(`seed ${SEED}: ${/\d+ generated, .*/.exec(out)?.[0]}; ${phases.join(', ')}`);
  if (code !== 0) throw new Error(`FUZZ_SEED=${SEED}\n${out.slice(-20_000)}\n${err.slice(-2_000)}`);
};

test('a user finds no fault, and nothing that is not theirs', async () => {
  const before = await ofOther();
  expect(before.tasks).toHaveLength(1);
  await fuzz(ALICE);
  expect(await ofOther()).toEqual(before);
  const whose = [await usersOf('/v1/workspaces'), await usersOf('/v1/storage'), await usersOf('/v1/key-holders')];
  for (const users of whose)
    expect([ALICE.user, ALICE.sub, OTHER.user, OTHER.sub]).toEqual(expect.arrayContaining(users));
  expect((await ask(OPERATOR, 'GET', '/v1/compute-environments')).json).toMatchObject({ items: [] });
});

test('a service client finds no fault', () => fuzz({ client: 'hatchery' }));

test('an operator finds no fault', () => fuzz(OPERATOR));
