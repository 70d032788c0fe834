/** The API without a socket: real authentication, rights, records and seals; Temporal and S3 in memory. */

import { Writable } from 'node:stream';
import { type CryptoKey, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { createApp } from '#api/app.ts';
import { type Authenticate, createAuthenticate } from '#api/authenticate.ts';
import { createResolveAccount, type ListedAccount } from '#api/compute/accounts.ts';
import { createComputeEnvironments } from '#api/compute/compute-environments.ts';
import type { ApiDeps, App, Readiness } from '#api/deps.ts';
import { createDocument } from '#api/document.ts';
import { createSweeps } from '#api/sweeps.ts';
import { type AskArborist, createContainerAccess } from '#api/workspaces/container-access.ts';
import { createWorkspaces } from '#api/workspaces/workspaces.ts';
import type { ContainerAuthz } from '#config/container-authz.ts';
import type { AuthSettings } from '#config/schema.ts';
import { type Control, createControl } from '#control/control.ts';
import { activeKey } from '#domain/core/access-key.ts';
import { environmentOf, escapeUser } from '#domain/core/escaping.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import type { RefreshingSettings } from '#domain/workspace/credentials.ts';
import type { NextflowBlock } from '#domain/workspace/input.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { createTokenVerifier } from '#identity/verify-token.ts';
import { createLogger } from '#observability/logger.ts';
import { createMetrics } from '#observability/metrics.ts';
import type { AskQuota } from '#temporal/quota-verdict.ts';
import { type Answered, type Conformance, createConformance } from './conformance.ts';
import { createFakeSchedules } from './fake-schedules.ts';
import { createFakeSweeps, SWEEP_SETTINGS } from './fake-sweeps.ts';
import { createFakeWorkflows } from './fake-workflows.ts';
import { createMemoryS3 } from './memory-s3.ts';

const HOSTNAME = 'localhost';
export const ENVIRONMENT = environmentOf(HOSTNAME);
export const OWN_ACCOUNT = '111122223333';
export const ISSUER = 'https://issuer.example.org';

export const AUTH: AuthSettings = {
  issuer: ISSUER,
  algorithms: ['RS256'],
  scopes: [],
  purpose: 'access',
  clockToleranceSeconds: 0,
  serviceClients: ['hatchery'],
  operators: { claim: 'scope', value: 'eyrie:operator' },
  s3Clients: [],
};

export const A_BLOCK: NextflowBlock = {
  'job-image-whitelist': [],
  's3-bucket-whitelist': [],
  'compute-environment-type': 'EC2',
  'instance-ami': 'ami-0123456789abcdef0',
  'instance-ami-builder-arn': '',
  'instance-type': 'c5.large',
  'instance-min-vcpus': 0,
  'instance-max-vcpus': 9,
};

/** One pair for all tests: making one takes long. */
const { privateKey, publicKey } = await generateKeyPair('RS256');

/** Valid for longer than the files of a worker take, which share these tokens. */
export const sign = (claims: JWTPayload, { issuer = ISSUER, seconds = 3_600 } = {}): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256' })
    .setIssuer(issuer)
    .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
    .sign(privateKey);

export const TOKENS = {
  alice: await sign({ sub: 'alice', context: { user: { name: 'alice' } } }),
  bob: await sign({ sub: 'bob', context: { user: { name: 'bob' } } }),
  hatchery: await sign({ azp: 'hatchery' }),
  /** Deals with compute environments and nothing else. */
  platform: await sign({ azp: 'platform' }),
  operator: await sign({ sub: 'olga', scope: 'openid eyrie:operator' }),
} as const;

export type Caller = keyof typeof TOKENS;

export const verificationKey = publicKey;

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined where it is not JSON. */
  readonly body: unknown;
}

export const viewOf = ({ body }: ApiAnswer): WorkspaceView => body as WorkspaceView;

export const idOf = (user: string): string => `${ENVIRONMENT}.${escapeUser(user)}`;

/** As the API has it by default, with this key as the issuer's only one. */
export const authenticateBy = (key: CryptoKey, settings: AuthSettings = AUTH): Authenticate =>
  createAuthenticate(
    { ...settings, computeClients: ['platform'] },
    createTokenVerifier({ ...settings, keys: async () => key }),
  );

export interface ApiRigOptions extends Partial<Pick<ApiDeps, 'authenticate' | 'tes' | 'awsEndpoint' | 'ending'>> {
  /** The storage routes. Default: there are none. */
  readonly storage?: ApiDeps['storage'] | ((parts: StorageParts) => ApiDeps['storage']);
  /** Who may launch which profile. Default: everybody. */
  readonly authz?: Readonly<Record<string, ContainerAuthz>>;
  readonly ask?: AskArborist;
  /** Places in the quotas. Default: none is counted. */
  readonly askQuota?: AskQuota;
  /** Accounts that compute environments may be made in. Default: Eyrie's own alone. */
  readonly accounts?: readonly ListedAccount[];
  /** Default: `hatchery` and `platform`. */
  readonly computeClients?: readonly string[];
  readonly now?: () => number;
  readonly ready?: boolean;
  /** Whether what has been parked for long is disposed of. Default: no. */
  readonly disposesIdle?: boolean;
  /** Default: nobody is given any. */
  readonly sessions?: (control: Control) => ApiDeps['sessions'];
  /** What holders are given besides or instead of a key. Default: nothing. */
  readonly credentials?: RefreshingSettings;
  /** What is done with access keys. Default: nothing. */
  readonly keys?: (control: Control) => Partial<Pick<ApiDeps, 'userKeys' | 'keyHolders'>>;
}

const conformances = new Map<string, Conformance>();

/** To compile the schemas takes long, and rigs that have the same routes have the same document. */
export const conformanceOf = (app: App): Conformance => {
  const routes = app.routes.map(({ method, path }) => `${method} ${path}`).join();
  const found = conformances.get(routes);
  if (found) return found;
  const made = createConformance(createDocument(app, '1.2.3', 'https://eyrie.example.org'));
  conformances.set(routes, made);
  return made;
};

/** @throws Error with what is not as the document says */
export const requireDocumented = (app: App, method: string, path: string, answer: Answered): void => {
  const faults = conformanceOf(app).faultsOf(method, path, answer);
  if (faults.length > 0) throw new Error(`not as the document says:\n${faults.join('\n')}`);
};

/** What storage may be built from. */
export interface StorageParts {
  readonly control: Control;
  readonly workflows: ReturnType<typeof createFakeWorkflows>;
}

export const apiRig = ({
  now = Date.now,
  ready = true,
  authenticate = authenticateBy(publicKey),
  storage,
  tes,
  awsEndpoint,
  ending,
  authz = {},
  disposesIdle = false,
  sessions = () => async () => undefined,
  credentials,
  ask,
  askQuota = async () => [],
  accounts = [],
  computeClients = ['hatchery', 'platform'],
  keys = () => ({}),
}: ApiRigOptions = {}) => {
  const s3 = createMemoryS3();
  const workflows = createFakeWorkflows(now);
  const schedules = createFakeSchedules();
  const sweepRuns = createFakeSweeps();
  const control = createControl({ s3, bucket: 'control', sealingKeys: [{ id: 'a', key: new Uint8Array(32) }], now });
  const sweeps = createSweeps({ control, runs: sweepRuns, settings: SWEEP_SETTINGS, ownersMax: 10 });
  const lines: string[] = [];
  const log = createLogger(
    { name: 'test' },
    new Writable({
      write(chunk, _, done) {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  const stored = typeof storage === 'function' ? storage({ control, workflows }) : storage;
  const metrics = createMetrics({ processMetrics: false });
  const readiness: Readiness = { ready, checks: { temporal: ready ? 'ok' : 'does not answer', controlBucket: 'ok' } };
  const app: App = createApp({
    authenticate,
    workspaces: createWorkspaces({
      operations: workflows,
      control,
      environment: ENVIRONMENT,
      timing: DEFAULT_TIMING,
      askQuota,
      disposesIdle,
      defaults: {
        hostname: HOSTNAME,
        region: 'us-east-1',
        ownAccountId: async () => OWN_ACCOUNT,
        payModelRoleName: 'csoc_adminvm',
        externalId: null,
        requireAccess: createContainerAccess(authz, ask),
        profiles: { nextflow: A_BLOCK, other: { ...A_BLOCK, 'instance-type': 'm5.large' } },
        ...(credentials && { credentialsOf: () => credentials }),
        global: {
          's3-objects-expiration-days': 30,
          'sample-config-public-image': 'bash',
          'imagebuilder-reader-role-arn': '',
        },
        settings: {
          squid: { instanceType: 't2.micro', image: 'ssm:/aws/service/x', moreDomains: [] },
          vpcCidr: '192.168.0.0/16',
        },
      },
    }),
    compute: createComputeEnvironments({
      operations: workflows.compute,
      control,
      environment: ENVIRONMENT,
      namePrefix: 'TowerForge',
      resolveAccount: createResolveAccount(accounts, async () => OWN_ACCOUNT),
      accounts: async () => [OWN_ACCOUNT, ...accounts.map(({ accountId }) => accountId)],
      clients: computeClients,
      askQuota,
      timing: DEFAULT_TIMING,
      drainMinutes: 60,
      now,
    }),
    schedules,
    sweeps,
    sessions: sessions(control),
    publicUrl: () => 'https://eyrie.example.org',
    starts: control.starts,
    environment: ENVIRONMENT,
    now,
    readiness: async () => readiness,
    metrics,
    ...(stored && { storage: stored }),
    tes,
    awsEndpoint,
    ...keys(control),
    log,
    version: { version: '1.2.3', commit: 'abc' },
    lookEveryMs: 1,
    ...(ending && { ending }),
  });

  const call = async (
    as: Caller | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<ApiAnswer> => {
    const answer = await app.request(path, {
      method,
      headers: {
        ...(as && { authorization: `Bearer ${TOKENS[as]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    requireDocumented(app, method, path, { status: answer.status, headers: answer.headers, text });
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };

  /** The launch of this user ends as its workflow would end it: record written, run closed. */
  const finish = async (user: string, changes: Partial<WorkspaceRecord> = {}): Promise<WorkspaceRecord> => {
    const escapedUser = escapeUser(user);
    const { input } = workflows.current(ENVIRONMENT, escapedUser);
    const stored = await control
      .records(WORKSPACE_RECORDS)
      .read(workspaceSubject({ environment: ENVIRONMENT, escapedUser }));
    if (!('launchId' in input)) throw new Error('not a launch');
    const accessKeyId = `AKIA${input.launchId.slice(0, 8).toUpperCase()}`;
    const nowIso = new Date(now()).toISOString();
    const record: WorkspaceRecord = {
      version: 2,
      subject: workspaceSubject(input.workspace),
      id: input.workspace.workspaceId,
      workspace: input.workspace,
      phase: 'running',
      phaseBefore: null,
      operation: null,
      launchId: input.launchId,
      fingerprint: input.fingerprint,
      launchedBy: input.requestedBy,
      key: activeKey(accessKeyId, nowIso),
      steps: [],
      resources: [],
      resolved: null,
      nextflowConfig: `// for ${user}`,
      error: null,
      leftovers: [],
      unfinished: [],
      unrestored: [],
      remedy: null,
      createdAt: nowIso,
      updatedAt: nowIso,
      disposedAt: null,
      ...changes,
    };
    if (record.key && record.phase === 'running') {
      const secretAccessKey = `secret-of-${accessKeyId}`;
      const holder = workspaceSubject({ environment: ENVIRONMENT, escapedUser });
      await control.seals.put(holder, { accessKeyId, secretAccessKey }, input.launchId);
    }
    if (stored) await control.records(WORKSPACE_RECORDS).write(record, stored.etag);
    else await control.records(WORKSPACE_RECORDS).create(record);
    workflows.close(ENVIRONMENT, escapedUser, record.phase === 'failed' ? 'FAILED' : 'COMPLETED');
    return record;
  };

  /** A workspace that runs, its key not claimed. */
  const launched = async (user: string, changes: Partial<WorkspaceRecord> = {}): Promise<WorkspaceRecord> => {
    const answer = await call('hatchery', 'POST', '/v1/workspaces', { user, profile: 'nextflow' });
    if (answer.status !== 202) throw new Error(answer.text);
    return finish(user, changes);
  };

  const records = control.records(WORKSPACE_RECORDS);
  const storedOf = async (user: string) => {
    const stored = await records.read(workspaceSubject({ environment: ENVIRONMENT, escapedUser: escapeUser(user) }));
    if (!stored) throw new Error(`there is no workspace of ${user}`);
    return stored;
  };
  const recordOf = async (user: string): Promise<WorkspaceRecord> => (await storedOf(user)).record;

  /** As a workflow would write it. */
  const rewrite = async (user: string, changes: Partial<WorkspaceRecord>): Promise<void> => {
    const { record, etag } = await storedOf(user);
    await records.write({ ...record, ...changes }, etag);
  };

  return {
    app,
    call,
    finish,
    launched,
    recordOf,
    rewrite,
    workflows,
    schedules,
    sweepRuns,
    control,
    s3,
    lines,
    metrics,
  };
};
