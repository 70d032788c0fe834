/** From the pinned input to everything that a compute environment consists of. Pure: same input, same plan. */
import { adoptedTags, type Owner } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { CanarySpec, ComputeEnvironmentSpec, FargateEnvironmentSpec, JobQueueSpec } from '../resources/batch.ts';
import type { LustreSpec, OwnSecurityGroupSpec } from '../resources/file-system.ts';
import type { RoleSpec } from '../resources/identity.ts';
import type { InstanceSettings, LaunchTemplateSpec } from '../resources/instance.ts';
import { type PolicyDocument, renderPolicy } from '../resources/policy-document.ts';
import type { ResourceSpec, Spec } from '../resources/spec.ts';
import { WORKER_SERVICES } from '../resources/worker-services.ts';
import type { ComputeConfig, EyrieOptions } from './config.ts';
import type { ComputeInput } from './input.ts';
import { type ComputeNames, canaryName, computeNames, environmentName } from './names.ts';
import { bucketsOf } from './places.ts';
import {
  executionRolePolicies,
  headRolePolicies,
  type InlinePolicies,
  instanceRolePolicies,
  jobRolesOf,
  logGroupOf,
  MANAGED,
  managedPolicyArn,
  trustOf,
} from './policies.ts';
import { type Pool, poolsOf } from './pools.ts';
import type { ComputePlan, ComputePreflightSpec, InstanceRoleSpec } from './specs.ts';
import { computeSubject } from './subject.ts';
import { fairShareOf, ownShareOf, sharesInstances } from './tenancy.ts';
import { computeUserData } from './user-data.ts';

/** Part of all that is planned here. */
interface Context {
  readonly input: ComputeInput;
  /** What bounded its roles before it was changed. */
  readonly boundaryBefore: string | null;
  readonly names: ComputeNames;
  readonly pools: readonly Pool[];
  readonly spec: Spec;
  /** Nothing that is there already is taken over: the id in the names is this environment's alone. */
  readonly named: (name: string) => ResourceSpec;
}

/**
 * @param run the create or update that makes it; empty for a removal of all that the owner has
 * @param before what it was, where it is changed
 */
export const planCompute = (input: ComputeInput, run: string, before?: ComputeInput): ComputePlan => {
  const context = createContext(input, run, before);
  const { names, pools, named } = context;
  const { config, tenancy } = input;
  const roles = planRoles(context);
  return {
    preflight: planPreflight(context, roles),
    'log-group':
      config.logGroup === null ? { ...named(names.logGroup), retentionDays: config.eyrie.logRetentionDays } : null,
    ...roles,
    ...(tenancy ? NO_INSTANCES : planInstances(context)),
    ...Object.fromEntries(pools.flatMap((pool) => planPool(context, pool, roles))),
  };
};

type Instances = Pick<ComputePlan, 'reserve-slots' | 'efs' | 'lustre' | 'scheduling-policy' | 'launch-template'>;

/** Of a tenant. */
const NO_INSTANCES: Instances = {
  'reserve-slots': null,
  efs: null,
  lustre: null,
  'scheduling-policy': null,
  'launch-template': null,
};

/** What pools start instances from, and share. */
const planInstances = (context: Context): Instances => {
  const { input, names, pools, spec, named } = context;
  const { forge, eyrie } = input.config;
  const guarded = { ...spec, data: eyrie.dataGuard, confirmed: false };
  const fairShare = fairShareOf(eyrie);
  return {
    'reserve-slots': {
      ...spec,
      names: {
        queue: pools.map(({ queue }) => queue),
        computeEnvironment: pools.map(({ name }) => environmentName(input, name)),
      },
    },
    efs: forge.efsCreate
      ? {
          ...guarded,
          fileSystem: { ...named(names.main), creationToken: names.main, kmsKeyId: eyrie.kmsKeyId },
          securityGroup: fileSystemGroup(context, names.efsGroup, NFS_PORTS),
        }
      : null,
    lustre:
      forge.fsxSize === null
        ? null
        : {
            ...guarded,
            fileSystem: {
              ...named(names.main),
              clientRequestToken: names.main,
              storageCapacity: forge.fsxSize,
              ...lustreKind(eyrie),
            },
            securityGroup: fileSystemGroup(context, names.lustreGroup, LUSTRE_PORTS),
          },
    'scheduling-policy': fairShare && { ...named(names.schedulingPolicy), ...fairShare },
    'launch-template': planLaunchTemplate(context),
  };
};

const createContext = (input: ComputeInput, run: string, before: ComputeInput | undefined): Context => {
  const { account, environment, labels } = input;
  const names = computeNames(input);
  const owner: Owner = { kind: 'compute-environment', id: subjectId(computeSubject(input)), run, environment };
  const spec = { account, owner };
  const tags = { Name: names.main, ...labels };
  return {
    input,
    boundaryBefore: before?.config.eyrie.permissionsBoundary ?? null,
    names,
    pools: poolsOf(input),
    spec,
    named: (name) => ({ ...spec, name, tags, adoptable: 'never' }),
  };
};

type Roles = Pick<
  ComputePlan,
  'service-role' | 'fleet-role' | 'instance-role' | 'execution-role' | 'head-role' | 'job-role'
>;

const planRoles = (context: Context): Roles => {
  const { input } = context;
  const { headJobRole, computeJobRole } = input.config;
  const jobs = sharesInstances(input) && (headJobRole === null || computeJobRole === null);
  return {
    ...(input.tenancy ? NO_INSTANCE_ROLES : planInstanceRoles(context)),
    'job-role': jobs ? role(context, context.names.jobRole, jobsOf(input)) : null,
  };
};

const jobsOf = (input: ComputeInput) => ({
  trust: trustOf('ecs-tasks', input.account),
  inline: headRolePolicies(input),
});

/** Of a tenant: containers are started by the role of the one in whose queues it runs. */
const NO_INSTANCE_ROLES: Omit<Roles, 'job-role'> = {
  'service-role': null,
  'fleet-role': null,
  'instance-role': null,
  'execution-role': null,
  'head-role': null,
};

const planInstanceRoles = (context: Context): Omit<Roles, 'job-role'> => {
  const { input, names, pools, spec, named } = context;
  const { account, config } = input;
  const { serviceRole, rolePath } = config.eyrie;
  const bestFit = pools.some(({ type, allocationStrategy }) => type === 'SPOT' && allocationStrategy === 'BEST_FIT');
  const fargate = pools.some(({ type }) => type === 'FARGATE');
  const tasks = trustOf('ecs-tasks', account);
  const instance = {
    trust: trustOf('ec2', account),
    managed: [MANAGED.ecsInstance],
    inline: instanceRolePolicies(input),
  };
  const execution = { trust: tasks, managed: [MANAGED.ecsExecution], inline: executionRolePolicies(input) };
  return {
    'service-role': serviceRole
      ? role(context, names.serviceRole, { trust: trustOf('batch', account), managed: [MANAGED.batchService] })
      : null,
    'fleet-role': bestFit
      ? role(context, names.fleetRole, { trust: trustOf('spotfleet', account), managed: [MANAGED.spotFleet] })
      : null,
    'instance-role': {
      ...spec,
      role: role(context, names.instanceRole, instance),
      profile: { ...named(names.instanceRole), path: rolePath, roleName: names.instanceRole },
    },
    'execution-role': config.executionRole === null ? role(context, names.executionRole, execution) : null,
    'head-role':
      fargate && config.headJobRole === null && !sharesInstances(input)
        ? role(context, names.headRole, jobsOf(input))
        : null,
  };
};

const planPreflight = (context: Context, roles: Roles): ComputePreflightSpec => {
  const { input, names, pools, spec } = context;
  const { config, tenancy } = input;
  return {
    ...spec,
    ...(tenancy ? NO_INSTANCES_CHECKED : preflightInstances(context)),
    tenancy: tenancy && { ...tenancy, queues: pools.map(({ queue }) => queue) },
    buckets: bucketsOf(config),
    roleArns: present([config.executionRole, config.headJobRole, config.computeJobRole]),
    logGroup: config.logGroup === null ? null : logGroupOf(input, names),
    roles: Object.values(roles).filter((wanted) => wanted !== null).length,
  };
};

type InstanceChecks = Omit<
  ComputePreflightSpec,
  keyof Spec | 'tenancy' | 'buckets' | 'roleArns' | 'logGroup' | 'roles'
>;

/** Of a tenant: who has the queues has had them checked. */
const NO_INSTANCES_CHECKED: InstanceChecks = {
  ...{ vpcId: null, subnetIds: [], securityGroupIds: [], pools: [], keyPair: null, kmsKeyIds: [], services: [] },
  ...{ efsId: null, efsCreate: false, lustreCreate: false, lustreName: null, profiles: 0 },
};

const preflightInstances = ({ input, pools }: Context): InstanceChecks => {
  const { config } = input;
  const { forge, eyrie } = config;
  const bootGib = rootVolume(config).gib;
  return {
    vpcId: forge.vpcId,
    subnetIds: forge.subnets,
    securityGroupIds: forge.securityGroups,
    pools: pools.map(({ name, type, instanceTypes, architecture, gpu, imageId, maxvCpus }) => ({
      ...{ name, type, instanceTypes, architecture, gpu, imageId, maxvCpus },
      bootGib: type === 'FARGATE' ? null : bootGib,
    })),
    keyPair: forge.ec2KeyPair,
    efsId: forge.efsId,
    efsCreate: forge.efsCreate,
    lustreCreate: forge.fsxSize !== null,
    lustreName: forge.fsxName,
    kmsKeyIds: present([eyrie.kmsKeyId, config.secretsKmsKeyId]),
    services: [...WORKER_SERVICES, 's3', ...(forge.ebsAutoScale ? (['ec2'] as const) : [])],
    profiles: 1,
  };
};

const present = (values: readonly (string | null)[]): string[] => [
  ...new Set(values.filter((value) => value !== null)),
];

const role = (
  { input, boundaryBefore, named }: Context,
  name: string,
  parts: { readonly trust: PolicyDocument; readonly managed?: readonly string[]; readonly inline?: InlinePolicies },
): RoleSpec => {
  const { rolePath, permissionsBoundary } = input.config.eyrie;
  const inline = Object.entries(parts.inline ?? {}).map(([policy, document]) => [policy, renderPolicy(document)]);
  return {
    ...named(name),
    path: rolePath,
    trust: renderPolicy(parts.trust),
    managedPolicyArns: (parts.managed ?? []).map((policy) => managedPolicyArn(input.account.region, policy)),
    inline: Object.fromEntries(inline),
    ...(permissionsBoundary !== null && { permissionsBoundary }),
    ...(permissionsBoundary === null && boundaryBefore !== null && { formerBoundary: boundaryBefore }),
  };
};

type Ports = OwnSecurityGroupSpec['fromMembers'];

const NFS_PORTS: Ports = [{ fromPort: 2049, toPort: 2049 }];

/** @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/limit-access-security-groups.html */
const LUSTRE_PORTS: Ports = [
  { fromPort: 988, toPort: 988 },
  { fromPort: 1018, toPort: 1023 },
];

/** Scratch has no backups, and is encrypted under FSx's own key always. */
const lustreKind = ({ dataGuard, kmsKeyId }: EyrieOptions): Pick<LustreSpec, 'deployment' | 'kmsKeyId'> => ({
  deployment: dataGuard === 'snapshot' || kmsKeyId !== null ? 'PERSISTENT_2' : 'SCRATCH_2',
  kmsKeyId,
});

const fileSystemGroup = ({ names, named }: Context, name: string, fromMembers: Ports): OwnSecurityGroupSpec => ({
  ...named(name),
  description: `File system of ${names.main} and its instances`,
  fromMembers,
});

/** Fusion caches on the root disk where there is no other: it has to be large and fast. */
const FUSION_DISK = { gib: 100, throughputMibps: 325 } as const;
const PLAIN_DISK = { gib: 50, throughputMibps: null } as const;

const rootVolume = ({
  forge,
  eyrie,
  fusion2Enabled,
  nvnmeStorageEnabled,
}: ComputeConfig): InstanceSettings['rootVolume'] => {
  const disk = fusion2Enabled && !nvnmeStorageEnabled ? FUSION_DISK : PLAIN_DISK;
  return { ...disk, gib: forge.ebsBootSize ?? disk.gib, kmsKeyId: eyrie.kmsKeyId };
};

const planLaunchTemplate = ({ input, names, named, spec }: Context): LaunchTemplateSpec => {
  const { config } = input;
  const resource = named(names.main);
  return {
    ...resource,
    userData: { AL2023: computeUserData('AL2023', input), AL2: computeUserData('AL2', input) },
    settings: {
      rootVolume: rootVolume(config),
      keyPair: config.forge.ec2KeyPair,
      // From the host, and from a container's bridge. Jobs have the network of their host: where others run, too, nothing
      // else needs to come so far.
      metadataHopLimit: config.eyrie.shared ? 1 : 2,
      // Not the run: what a later one leaves as it is keeps its version, and so its instances.
      tags: { ...resource.tags, ...adoptedTags(spec.owner) },
    },
  };
};

type PoolStep = [string, ComputeEnvironmentSpec | FargateEnvironmentSpec | JobQueueSpec | CanarySpec | null];

const planPool = (context: Context, pool: Pool, roles: Roles): PoolStep[] => {
  const { name } = pool;
  const instance = roles['instance-role'];
  const canary: PoolStep = [`canary-${name}`, context.input.config.eyrie.canary ? planCanary(context, pool) : null];
  if (instance === null) return [canary];
  return [
    [`compute-environment-${name}`, planEnvironment(context, pool, roles, instance)],
    [`job-queue-${name}`, planQueue(context, pool)],
    canary,
  ];
};

const planEnvironment = (
  { input, named }: Context,
  pool: Pool,
  roles: Roles,
  instance: InstanceRoleSpec,
): ComputeEnvironmentSpec | FargateEnvironmentSpec => {
  const { maxvCpus, type, allocationStrategy, bidPercentage } = pool;
  const resource = named(environmentName(input, pool.name));
  const service = roles['service-role'];
  if (type === 'FARGATE') return { ...resource, type, maxvCpus, roles: { service, instance: null } };
  const { role: instanceRole, profile } = instance;
  const { ec2KeyPair } = input.config.forge;
  return {
    ...resource,
    type,
    instanceTypes: pool.instanceTypes,
    minvCpus: pool.minvCpus,
    maxvCpus,
    // Instances that run jobs are replaced once those end, or after so long.
    updatePolicy: { jobExecutionTimeoutMinutes: 30, terminateJobsOnUpdate: false },
    ...(allocationStrategy !== null && { allocationStrategy }),
    ...(bidPercentage !== null && { bidPercentage }),
    ...(ec2KeyPair !== null && { keyPair: ec2KeyPair }),
    ...(pool.gpu && { gpu: true }),
    roles: { service, instance: { role: instanceRole, profile } },
  };
};

/** @see https://docs.aws.amazon.com/batch/latest/userguide/job-queue-parameters.html */
const UNSCHEDULABLE = [
  'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY',
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE',
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT',
] as const;

/** Why jobs end with a compute environment: users see it on them. */
export const JOBS_END = 'Its compute environment was disposed of';

const planQueue = ({ input, named }: Context, pool: Pool): JobQueueSpec => {
  const seconds = input.config.eyrie.unschedulableSeconds;
  return {
    ...named(pool.queue),
    priority: 1,
    computeEnvironment: environmentName(input, pool.name),
    ...(seconds !== null && {
      jobStateTimeLimits: UNSCHEDULABLE.map((reason) => ({ reason, maxTimeSeconds: seconds })),
    }),
    terminationReason: JOBS_END,
  };
};

/** Small, for all architectures, and from a registry without a limit of pulls. */
const CANARY_IMAGE = 'public.ecr.aws/amazonlinux/amazonlinux:2023-minimal';

/** An instance starts within minutes, where there is capacity at all. */
const CANARY_SECONDS = 900;

/** Not one of its users': a share that no policy names has the weight 1. */
const CANARY_SHARE = 'canary';

const planCanary = ({ input, names, spec }: Context, pool: Pool): CanarySpec => {
  const { config, tenancy } = input;
  const { canaryImage, fairShare } = config.eyrie;
  const fargate = pool.type === 'FARGATE';
  return {
    ...spec,
    name: canaryName(input, pool.name),
    queue: pool.queue,
    platform: fargate ? 'FARGATE' : 'EC2',
    image: canaryImage ?? CANARY_IMAGE,
    command: ['true'],
    // The least that either takes.
    vcpus: fargate ? 0.25 : 1,
    memoryMib: fargate ? 512 : 128,
    timeoutSeconds: CANARY_SECONDS,
    shareIdentifier: ownShareOf(input) ?? (fairShare ? CANARY_SHARE : null),
    executionRoleArn: config.executionRole ?? tenancy?.executionRole ?? null,
    // Where jobs need one, the proof is of it, too.
    jobRoleArn: sharesInstances(input) ? jobRolesOf(input).compute : null,
    instancesOf: tenancy ? subjectId(computeSubject({ ...tenancy, environment: input.environment })) : spec.owner.id,
    logGroup: logGroupOf(input, names),
  };
};
