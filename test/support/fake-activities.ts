/**
 * Activities without AWS, for tests of the workflows' own rules: each answers at once with what its name promises, and
 * a test can make one fail, hang or count. What exists is a set of names, so that "nothing is left" can be asked.
 */
import { Context } from '@temporalio/activity';
import { type FailureCode, fail, notYet } from '#domain/failures.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';

type Fake = (...args: never[]) => Promise<unknown>;

interface Scripted {
  readonly code: FailureCode;
  times: number;
}

/** Which activity makes a thing, and which one takes it away. */
const MAKERS: Readonly<Record<string, { thing: string; result: object }>> = {
  reserveSlots: { thing: 'slots', result: {} },
  ensureVpc: { thing: 'vpc', result: { vpcId: 'vpc-1' } },
  ensureInternetGateway: { thing: 'gateway', result: { gatewayId: 'igw-1' } },
  ensureSubnet: { thing: 'subnet', result: { subnetId: 'subnet-1' } },
  ensureRouteTable: { thing: 'table', result: { routeTableId: 'rtb-1' } },
  ensureVpcEndpoint: { thing: 'endpoint', result: { endpointId: 'vpce-1' } },
  ensureSecurityGroup: { thing: 'group', result: { groupId: 'sg-1' } },
  ensureInstance: { thing: 'instance', result: { instanceId: 'i-1' } },
  ensureLaunchTemplate: { thing: 'template', result: { template: { id: 'lt-1', version: '1' } } },
  ensureComputeEnvironment: { thing: 'environment', result: { arn: 'arn:environment' } },
  ensureJobQueue: { thing: 'queue', result: { arn: 'arn:queue' } },
  ensurePolicy: { thing: 'policy', result: { arn: 'arn:policy' } },
  ensureRole: { thing: 'role', result: { arn: 'arn:role' } },
  ensureUser: { thing: 'user', result: {} },
  ensureAccessKey: {
    thing: 'key',
    result: { accessKeyId: 'AKIAFAKEFAKEFAKEFAKE', createdAt: '2026-01-01T00:00:00.000Z', earlier: [] },
  },
};

/** Which activity takes which thing away. */
export const TAKERS: Readonly<Record<string, string>> = {
  releaseSlots: 'slots',
  deleteVpc: 'vpc',
  deleteInternetGateway: 'gateway',
  deleteSubnet: 'subnet',
  deleteRouteTable: 'table',
  deleteVpcEndpoint: 'endpoint',
  deleteSecurityGroup: 'group',
  terminateInstance: 'instance',
  deleteLaunchTemplate: 'template',
  deleteComputeEnvironment: 'environment',
  deleteJobQueue: 'queue',
  deletePolicy: 'policy',
  deleteRole: 'role',
  deleteUser: 'user',
  deleteAccessKey: 'key',
};

/** Things whose step is not the network. */
const STEP_OF: Readonly<Record<string, string>> = {
  template: 'launch-template',
  queue: 'job-queue',
  environment: 'compute-environment',
  instance: 'squid',
  group: 'squid',
  role: 'jobs-role',
  user: 'client-user',
  key: 'access-key',
};

/** What AWS would call them. */
const TYPE_OF: Readonly<Record<string, string>> = {
  instance: 'AWS::EC2::Instance',
  key: 'AWS::IAM::AccessKey',
  queue: 'AWS::Batch::JobQueue',
  environment: 'AWS::Batch::ComputeEnvironment',
};

/** An attempt that a test has caught: it waits there until it is told how to end. */
export interface Caught {
  /** Resolved once an attempt is under way. */
  readonly met: Promise<void>;
  /** Ends it: by what this returns or throws. Left out: it does its work. */
  readonly end: (how?: () => Promise<unknown>) => void;
}

const LOOKS: Readonly<Record<string, unknown>> = {
  preflightNetwork: { jobZones: ['a', 'b', 'c'], squidZone: 'a' },
  preflightImages: { imageId: 'ami-1', imageFamily: 'AL2023', squidImageId: 'ami-2' },
  joinFoundation: {
    instanceProfileArn: 'arn:profile',
    kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/k',
    bucket: 'b',
    made: [],
  },
  findDefaultSecurityGroup: 'sg-0',
  rememberComputeEnvironment: null,
  rememberJobQueue: null,
  rememberPolicy: null,
};

const nameOf = (spec: never): string => {
  const { name, userName } = spec as { name?: string; userName?: string };
  return name ?? userName ?? '';
};

export const createFakes = () => {
  const exists = new Set<string>();
  const calls: string[] = [];
  const scripted = new Map<string, Scripted>();
  const hanging = new Map<string, number>();
  const traps: { readonly call: string; readonly spring: () => Promise<(() => Promise<unknown>) | undefined> }[] = [];
  /** `<step>/<activity>` of every call. */
  const callsByStep: string[] = [];
  let record: WorkspaceRecord | null = null;

  const around =
    (name: string, work: Fake): Fake =>
    async (...args) => {
      calls.push(name);
      const call = Context.current().info.activityId.split('/').slice(0, 2).join('/');
      callsByStep.push(call);
      const trap = traps.findIndex((one) => one.call === call);
      const end = trap < 0 ? undefined : await traps.splice(trap, 1)[0]?.spring();
      if (end) return await end();
      const script = scripted.get(name);
      if (script && script.times !== 0) {
        script.times -= 1;
        throw fail(script.code, `${name} was told to fail`);
      }
      const hang = hanging.get(name);
      if (hang !== undefined) throw notYet(`${name} was told to wait`, hang);
      return await work(...args);
    };

  const activities: Record<string, Fake> = {
    openRecord: async ({ launch, operation }: never) => {
      const input = launch as { workspace: WorkspaceRecord['workspace']; launchId: string; fingerprint: string };
      const phaseBefore = record?.phase ?? null;
      record = {
        version: 1,
        id: input.workspace.workspaceId,
        workspace: input.workspace,
        phase: 'launching',
        phaseBefore,
        operation,
        launchId: input.launchId,
        fingerprint: input.fingerprint,
        key: record?.key ?? null,
        steps: [],
        resources: record?.resources ?? [],
        resolved: null,
        nextflowConfig: null,
        error: null,
        leftovers: record?.leftovers ?? [],
        remedy: record?.remedy ?? null,
        createdAt: '2026-01-01T00:00:00.000Z',
        updatedAt: '2026-01-01T00:00:00.000Z',
        disposedAt: null,
      };
      return { record };
    },
    openTermination: async ({ mode }: never) => {
      if (!record) return { record };
      // A sweep leaves the workspace what it is: failed, and what it was before.
      const keeps = mode === 'sweep' || record.phase === 'launching';
      const phase = mode === 'park' ? 'parking' : mode === 'dispose' ? 'disposing' : record.phase;
      record = { ...record, phaseBefore: keeps ? record.phaseBefore : record.phase, phase };
      return { record };
    },
    changeRecord: async (_ids: never, change: never) => {
      if (record) record = { ...record, ...(change as object) };
    },
    ensureKeyAgain: async (_spec: never, key: never) => key,
    listRemaining: async () =>
      [...exists].flatMap((id) => {
        const [type = ''] = id.split(' ');
        if (type === 'slots') return []; // AWS does not show them
        return { step: STEP_OF[type] ?? 'network', type: TYPE_OF[type] ?? type, id, name: null };
      }),
  };
  for (const [name, result] of Object.entries(LOOKS)) activities[name] = async () => result;
  for (const [name, { thing, result }] of Object.entries(MAKERS)) {
    activities[name] = async (spec: never) => {
      const id = `${thing} ${nameOf(spec)}`.trim();
      exists.add(id);
      return { made: { type: `Fake::${thing}`, id, name: thing, origin: 'created' }, ...result };
    };
  }
  for (const [name, thing] of Object.entries(TAKERS)) {
    activities[name] = async (spec: never) => {
      exists.delete(`${thing} ${nameOf(spec)}`.trim());
    };
  }
  const rest = [
    'awaitVpcAvailable awaitVpcGone ensureMainRoute awaitInstanceReady awaitInstanceTerminated ensureInstanceRoute',
    'awaitComputeEnvironmentValid disableComputeEnvironment awaitComputeEnvironmentGone drainComputeEnvironment',
    'awaitComputeEnvironmentDrained awaitJobQueueValid disableJobQueue terminateJobs awaitJobsEnded awaitJobQueueGone',
    'awaitAccessKeyUsable deactivateAccessKeys retireAccessKey',
    'restoreComputeEnvironment awaitComputeEnvironmentRestored restoreJobQueue awaitJobQueueRestored restorePolicy',
    'awaitVpcEndpointAvailable awaitVpcEndpointGone',
  ];
  for (const name of rest.join(' ').split(' ')) activities[name] = async () => undefined;

  const wrapped = Object.fromEntries(Object.entries(activities).map(([name, work]) => [name, around(name, work)]));
  return {
    activities: wrapped,
    calls,
    callsByStep,
    /** Catches the next attempt of `<step>/<activity>`. */
    catch: (call: string): Caught => {
      const met = Promise.withResolvers<void>();
      const ended = Promise.withResolvers<(() => Promise<unknown>) | undefined>();
      const spring = () => {
        met.resolve();
        return ended.promise;
      };
      traps.push({ call, spring });
      return { met: met.promise, end: ended.resolve };
    },
    /** Things that exist, sorted; subnets and the like by their names. */
    existing: () => [...exists].sort(),
    kinds: () => [...new Set([...exists].map((id) => id.split(' ')[0]))],
    /** `times` -1: for ever. */
    failing: (name: string, code: FailureCode, times = -1) => scripted.set(name, { code, times }),
    mend: (name: string) => scripted.delete(name),
    /** The activity answers NotYet until released. */
    hang: (name: string, everyMs = 60_000) => hanging.set(name, everyMs),
    release: (name: string) => hanging.delete(name),
    record: () => record,
    /** The record lists one more resource of the proxy. */
    lists: (type: string, id: string) => {
      if (!record) throw new Error('no record');
      const resource = { type, id, name: null, origin: 'created', step: 'squid' } as const;
      record = { ...record, resources: [...record.resources, resource] };
    },
    /** Back to an empty account, without a record. */
    forget: () => {
      exists.clear();
      record = null;
    },
    attempt: () => Context.current().info.attempt,
  };
};
