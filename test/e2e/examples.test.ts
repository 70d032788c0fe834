/**
 * Every body that the document of the API shows as an example of a request is sent as it stands, by somebody who may, to
 * what is in a state for it: it is answered as the document says that it is when all goes well.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApiDocument } from '#api/document.ts';
import { rootOf } from '#cli/dev/account.ts';
import { requestToken, type TokenRequest } from '#cli/token.ts';
import { type DevProcess, startDevProcess } from '../support/dev-process.ts';
import { until } from '../support/workspace-runs.ts';
import { type FakeTes, startFakeTes } from '../tes/fake-tes.ts';

/** Whom the examples name. */
const TEST = { user: 'test@example.com', sub: '42' };
const OPERATOR = { operator: true } as const;
const HATCHERY = { client: 'hatchery' };
const WORKSPACE = 'localhost.test-40example-2ecom';
/** Held up at a step, for the exits from it. */
const HELD = { user: 'held@example.com', sub: '43' };

let tes: FakeTes;
let dev: DevProcess;
let document: ApiDocument;

interface Answer {
  readonly status: number;
  readonly json: never;
}

const ask = async (as: TokenRequest, method: string, path: string, body?: unknown): Promise<Answer> => {
  const { api, issuer } = dev.state();
  const answer = await fetch(`${api}${path}`, {
    method,
    headers: { authorization: `Bearer ${await requestToken(issuer, as)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: (text.startsWith('{') ? JSON.parse(text) : null) as never };
};

const OPERATIONS = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), ...operation })),
  );

const bodiesOf = (operation: { readonly requestBody?: { readonly content: object } }): Record<string, unknown> => {
  const [media] = Object.values(operation.requestBody?.content ?? {}) as {
    examples?: Record<string, { value: unknown }>;
  }[];
  return Object.fromEntries(Object.entries(media?.examples ?? {}).map(([name, { value }]) => [name, value]));
};

/** By operation and name of the example. */
const sent = new Map<string, string>();

/** Sends one example, or all of an operation one after the other. @returns the last answer */
const send = async (
  as: TokenRequest,
  operationId: string,
  {
    id = '',
    only,
    status,
    between = async () => undefined,
  }: {
    readonly id?: string;
    readonly only?: string;
    /** Where the document has a refusal for this very example. */
    readonly status?: number;
    readonly between?: (answer: Answer) => Promise<unknown>;
  } = {},
): Promise<Answer> => {
  const operation = OPERATIONS().find((one) => one.operationId === operationId);
  if (!operation) throw new Error(`the document has no ${operationId}`);
  const path = operation.path.replace(/\{\w+\}/, encodeURIComponent(id));
  const bodies = Object.entries(bodiesOf(operation)).filter(([name]) => only === undefined || name === only);
  if (bodies.length === 0) throw new Error(`${operationId} has no example ${only ?? ''}`);
  const wanted = Object.keys(operation.responses)
    .map(Number)
    .filter((one) => (status ? one === status : one < 300));
  let answer: Answer | undefined;
  for (const [name, body] of bodies) {
    answer = await ask(as, operation.method, path, body);
    const told = wanted.includes(answer.status)
      ? 'as the document says'
      : `${answer.status} ${JSON.stringify(answer.json)}`;
    sent.set(`${operationId}: ${name}`, told);
    await between(answer);
  }
  return answer as Answer;
};

interface Shown {
  readonly phase: string;
  readonly operation: object | null;
  readonly steps: readonly { readonly name: string; readonly state: string; readonly lastError: object | null }[];
}

const show = async (path: string): Promise<Shown> => (await ask(OPERATOR, 'GET', path)).json;

/** No operation is under way. */
const atRest = (path: string) => async (): Promise<void> =>
  until(`${path} is at rest`, async () => {
    const { phase, operation } = await show(path);
    return phase !== undefined && operation === null;
  });

const refuses = async (path: string, step: string): Promise<void> =>
  until(`${step} of ${path} is refused`, async () => {
    const { steps = [] } = await show(path);
    return steps.some((one) => one.name === step && one.lastError !== null);
  });

/** Refused for good, until it is taken back. */
const fault = async (service: string, operation: string): Promise<() => Promise<void>> => {
  const faults = `${dev.state().aws}/_sandbox/faults`;
  const rule = [{ service, operation, times: -1, fault: 'throttle' }];
  await fetch(faults, { method: 'POST', body: JSON.stringify(rule) });
  return async () => void (await fetch(faults, { method: 'DELETE' }));
};

beforeAll(async () => {
  tes = await startFakeTes();
  dev = await startDevProcess('--tes-url', tes.url);
  const { aws, api, account, region } = dev.state();
  const s3 = new S3Client({ endpoint: aws, region, credentials: rootOf(account), forcePathStyle: true });
  for (const Bucket of ['genomes-scratch', 'reference-data']) await s3.send(new CreateBucketCommand({ Bucket }));
  const images = [{ id: 'ami-0123456789abcdef0', name: 'an image', architecture: 'x86_64' }];
  await fetch(`${aws}/_sandbox/accounts/${account}/images`, { method: 'POST', body: JSON.stringify({ images }) });
  document = (await (await fetch(`${api}/openapi.json`)).json()) as ApiDocument;
});

afterAll(async () => {
  await dev?.stop();
  await tes?.stop();
});

const workspaces = async (): Promise<void> => {
  const id = WORKSPACE;
  const path = `/v1/workspaces/${id}`;
  const rest = { between: atRest(path) };
  await send(TEST, 'planWorkspace', { only: 'a profile, for oneself' });
  await send(OPERATOR, 'planWorkspace', { only: 'a profile, for a user' });
  await send(HATCHERY, 'planWorkspace', { only: 'a nextflow block and a pay model' });
  await send(TEST, 'launchWorkspace', { only: 'a profile, for oneself', ...rest });
  await send(OPERATOR, 'launchWorkspace', { only: 'a profile, for a user', ...rest });
  await send(HATCHERY, 'launchWorkspace', { only: 'a nextflow block and a pay model', ...rest });
  await send(OPERATOR, 'rotateWorkspace', { id, ...rest });
  await send(HATCHERY, 'hatcheryLaunch', rest);
  await send(HATCHERY, 'hatcheryTerminate', { only: 'only if it is as it was listed as expected', status: 412 });
  await send(TEST, 'terminateWorkspace', { id, ...rest });
  await send(HATCHERY, 'hatcheryTerminate', { only: 'a user', ...rest });
  await send(HATCHERY, 'hatcheryTerminate', { only: 'a name that was escaped for HTML' });
};

/** What is stuck can be tried again, and be given up. */
const heldWorkspace = async (): Promise<void> => {
  const id = 'localhost.held-40example-2ecom';
  const path = `/v1/workspaces/${id}`;
  const release = await fault('ec2', 'CreateInternetGateway');
  await ask(OPERATOR, 'POST', '/v1/workspaces', { user: HELD.user, profile: 'nextflow' });
  const between = () => refuses(path, 'network');
  await between();
  await send(OPERATOR, 'retryWorkspace', { id, between });
  await send(OPERATOR, 'abandonStep', { id });
  await release();
};

const heldStorage = async (): Promise<void> => {
  const id = 'localhost.43';
  const path = `/v1/storage/${id}`;
  await until('it is set up', async () => (await ask(HELD, 'GET', '/storage/setup')).status === 200);
  const release = await fault('s3', 'DeleteBucket');
  await ask(OPERATOR, 'DELETE', path);
  const between = () => refuses(path, 'bucket');
  await between();
  await send(OPERATOR, 'retryStorage', { id, between });
  await send(OPERATOR, 'abandonStorageStep', { id });
  await release();
};

const storage = async (): Promise<void> => {
  await until('it is set up', async () => (await ask(TEST, 'GET', '/storage/setup')).status === 200);
  await send(TEST, 'createStorageSession');
  await send(TEST, 'revokeStorageSessions', { only: 'one’s own' });
  await send(OPERATOR, 'revokeStorageSessions', { only: 'those of somebody, for operators' });
};

const COMPUTE = '/v1/compute-environments';
const idOf = ({ json }: Answer): string => (json as { id: string }).id;

const computeEnvironments = async (): Promise<void> => {
  const atRestById = (id: string) => atRest(`${COMPUTE}/${id}`)();
  const made = await send(OPERATOR, 'seqeraCreateComputeEnv');
  const seqera = (made.json as { computeEnvId: string }).computeEnvId;
  await atRestById(seqera);
  await send(OPERATOR, 'seqeraUpdateComputeEnv', { id: seqera });
  await atRestById(seqera);
  await ask(OPERATOR, 'DELETE', `${COMPUTE}/${seqera}?jobs=terminate`);
  await atRestById(seqera);

  await send(OPERATOR, 'planComputeEnvironment');
  const ids: string[] = [];
  await send(OPERATOR, 'createComputeEnvironment', { between: async (answer) => ids.push(idOf(answer)) });
  const [id = ''] = ids;
  for (const one of ids) await atRestById(one);
  const rest = { id, between: () => atRestById(id) };
  await send(OPERATOR, 'updateComputeEnvironment', rest);
  await send(OPERATOR, 'validateComputeEnvironment', rest);

  const release = await fault('batch', 'CreateJobQueue');
  const [least] = Object.values(
    bodiesOf(OPERATIONS().find((one) => one.operationId === 'planComputeEnvironment') ?? {}),
  );
  const held = idOf(await ask(OPERATOR, 'POST', COMPUTE, { ...(least as object), name: 'held' }));
  const between = () => refuses(`${COMPUTE}/${held}`, 'job-queue-work');
  await between();
  await send(OPERATOR, 'retryComputeEnvironment', { id: held, between });
  await send(OPERATOR, 'abandonComputeEnvironmentStep', { id: held });
  await release();
};

const others = async (): Promise<void> => {
  await send(TEST, 'tesCreateTask');
  await send(OPERATOR, 'pauseSchedule', { id: 'sweep' });
  await send(OPERATOR, 'resumeSchedule', { id: 'sweep' });
  await send(OPERATOR, 'startSweep', {
    between: () =>
      until('the sweep is over', async () => {
        const { run } = (await ask(OPERATOR, 'GET', '/v1/sweeps/latest')).json as { run: { running: boolean } | null };
        return run?.running === false;
      }),
  });
};

test('each is answered as the document says', async () => {
  // A fault is everybody's who makes such a call: those who are held up come first.
  await Promise.all([heldWorkspace(), storage(), others()]);
  await heldStorage();
  await Promise.all([workspaces(), computeEnvironments()]);
  const all = OPERATIONS().flatMap((one) => Object.keys(bodiesOf(one)).map((name) => `${one.operationId}: ${name}`));
  expect(Object.fromEntries(all.map((name) => [name, sent.get(name) ?? 'not sent']))).toEqual(
    Object.fromEntries(all.map((name) => [name, 'as the document says'])),
  );
  expect(all.length).toBeGreaterThan(30);
});
