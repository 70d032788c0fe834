/** The API with a TES server behind it, built from a configuration as the root builds it. */

import { Registry } from 'prom-client';
import { createIdentify } from '#api/routes/tes/deps.ts';
import { createStorage } from '#api/storage.ts';
import { buildTes } from '#api/tes.ts';
import { parseConfig } from '#config/load.ts';
import { createControl } from '#control/control.ts';
import { createObjects } from '#control/objects.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createLogger } from '#observability/logger.ts';
import type { SystemKeys } from '#tes/ports.ts';
import { createMemoryS3 } from '../api/memory-s3.ts';
import { AUTH, apiRig, ISSUER, requireDocumented, sign, verificationKey } from '../api/rig.ts';
import { startFakeTes } from './fake-tes.ts';

const HOSTNAME = 'localhost';
export const BASE = '/ga4gh/tes/v1';
export const BUCKET = 'gen3wf-localhost-7';

export const TES_TOKENS = {
  alice: await sign({ sub: '7', context: { user: { name: 'alice' } } }),
  bob: await sign({ sub: '8', context: { user: { name: 'bob' } } }),
  operator: await sign({ sub: '1', context: { user: { name: 'olga' } }, scope: 'eyrie:operator' }),
  client: await sign({ azp: 'hatchery' }),
  nameless: await sign({ sub: '9', scope: 'eyrie:operator' }),
} as const;

export type TesUser = keyof typeof TES_TOKENS;

export const A_TASK = { name: 'sum', executors: [{ image: 'alpine:3.20', command: ['true'] }] };

export interface TesAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface TesRigOptions {
  readonly tes?: Record<string, unknown>;
  readonly s3?: Record<string, unknown>;
  readonly systemKeys?: SystemKeys;
  readonly now?: () => number;
  /** What tasks are told of the S3 endpoint. */
  readonly s3Endpoint?: () => string;
}

export const startTesRig = async (options: TesRigOptions = {}) => {
  const fake = await startFakeTes();
  const s3 = createMemoryS3();
  const config = parseConfig({
    environment: HOSTNAME,
    aws: { region: 'us-east-1', controlBucket: 'control' },
    sealingKeys: [{ id: 'a', key: Buffer.alloc(32, 1).toString('base64') }],
    auth: { issuer: ISSUER, serviceClients: ['hatchery'] },
    s3: { upstream: { endpoint: 'http://127.0.0.1:1', accessKeyId: 'K', secretAccessKey: 's' }, ...options.s3 },
    tes: { url: fake.url, images: ['alpine:*'], timeoutSeconds: 5, ...options.tes },
  });
  const now = options.now ?? Date.now;
  const objects = createObjects(s3, 'control');
  const lines: string[] = [];
  const log = createLogger({ name: 'test' }, { write: (line) => void lines.push(line) });
  const verifyToken = createTokenVerifier({ ...AUTH, keys: async () => verificationKey });
  const storage = createStorage({
    config,
    verifyToken,
    credentials: async () => ({ accessKeyId: 'K', secretAccessKey: 's' }),
    s3,
    accountId: undefined,
    registry: new Registry(),
    now,
    log,
    audit: (line) => void lines.push(JSON.stringify(line)),
  });
  const service = buildTes({
    config,
    control: createControl({ s3, bucket: 'control', sealingKeys: config.sealingKeys, now }),
    environment: HOSTNAME,
    mint: storage.mint,
    systemKeys: options.systemKeys,
    s3Endpoint: options.s3Endpoint ?? (() => 'http://127.0.0.1:9000'),
    now,
    log,
    lookEveryMs: 50,
  });
  const { app, lines: apiLines } = apiRig({ tes: service && { service, identify: createIdentify(AUTH, verifyToken) } });

  const call = async (
    as: TesUser | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<TesAnswer> => {
    const answer = await app.request(`${BASE}${path}`, {
      method,
      headers: {
        ...(as && { authorization: `Bearer ${TES_TOKENS[as]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    requireDocumented(app, method, `${BASE}${path}`, { status: answer.status, headers: answer.headers, text });
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : {} };
  };

  /** A task of this user, as Eyrie would have made it. */
  const taskOf = (userId: string, task: Record<string, unknown> = {}) =>
    fake.add({
      ...task,
      tags: {
        _AUTHZ: `/services/workflow/gen3-workflow/tasks/${userId}/TASK_ID_PLACEHOLDER`,
        ...(task.tags as Record<string, string> | undefined),
      },
    });

  return {
    fake,
    call,
    taskOf,
    s3,
    read: async (key: string) => (await objects.read(key))?.body ?? '',
    write: (key: string, body: string) => objects.put(key, body),
    app,
    mint: storage.mint,
    handler: storage.handler,
    /** Of the API and of the pass-through. */
    lines: () => [...lines, ...apiLines],
    async stop() {
      await fake.stop();
      await service?.close();
      await storage.handler.close();
    },
  };
};

export type TesRig = Awaited<ReturnType<typeof startTesRig>>;
