/** From the pinned input of a launch to everything that the workspace is to consist of. Pure: same input, same plan. */
import { type AccountRef, partitionOf } from '../core/account.ts';
import type { FoundationSpec } from '../core/foundation.ts';
import type { Owner, SharedOwner, Tags } from '../core/ownership.ts';
import type { Timing } from '../core/timing.ts';
import { bucketPolicy } from '../resources/bucket-policy.ts';
import type { SubnetSpec, VpcEndpointSpec } from '../resources/network.ts';
import { renderPolicy } from '../resources/policy-document.ts';
import type { ResourceSpec, Spec } from '../resources/spec.ts';
import { splitCidr } from './cidr.ts';
import { EGRESS_DEFAULT, type EgressSettings, serviceLabelOf, serviceNameOf } from './egress.ts';
import type { WorkspaceInput } from './input.ts';
import { type WorkspaceNames, workspaceNames } from './names.ts';
import {
  clientPolicy,
  clientRoleTrust,
  instanceRoleTrust,
  jobsPolicy,
  jobsRoleTrust,
  type PolicyParts,
} from './policies.ts';
import type {
  ClientRoleSpec,
  ClientUserSpec,
  JobsRoleSpec,
  NatSpec,
  NetworkSpec,
  PreflightSpec,
  ServiceEndpointsSpec,
  SquidSpec,
  WorkspacePlan,
} from './specs.ts';
import { SQUID_FAILED_MARKER, SQUID_READY_MARKER, squidImageFamily, squidUserData } from './squid-user-data.ts';
import { launchTemplateUserData } from './user-data.ts';

/** Expiry of objects where the configuration says none, or something that isn't a number of days. */
const EXPIRATION_DAYS_DEFAULT = 30;

/** Part of all that is planned here. */
interface Context {
  readonly workspace: WorkspaceInput;
  readonly names: WorkspaceNames;
  readonly spec: Spec;
  /** Part of the network. Hatchery sets `Name` and `Environment`: what has both not is not its. */
  readonly inNetwork: (name: string) => ResourceSpec;
  /** Of Batch and IAM. Hatchery sets one and the same `Name` on all of these. */
  readonly named: (name: string) => ResourceSpec;
  readonly policyParts: PolicyParts;
}

export const planWorkspace = ({
  workspace,
  launchId,
  timing,
}: {
  readonly workspace: WorkspaceInput;
  readonly launchId: string;
  readonly timing: Timing;
}): WorkspacePlan => {
  const context = createContext(workspace, launchId);
  const { names, spec, named, policyParts } = context;
  const network = planNetwork(context);
  const { nextflow, account } = workspace;
  const userDataParts = { ...policyParts, escapedUser: names.escapedUser };
  return {
    preflight: planPreflight(context),
    'reserve-slots': {
      ...spec,
      names: { vpc: [names.vpc], queue: [names.jobQueue], computeEnvironment: [names.computeEnvironment] },
    },
    foundation: planFoundation(workspace, names, timing),
    network,
    squid: planSquid(context, network),
    'nat-gateway': planNat(context, network),
    'service-endpoints': planServiceEndpoints(context, network),
    'launch-template': {
      ...spec,
      name: names.launchTemplate,
      tags: {},
      // Hatchery tags none: the name is all that tells its own.
      adoptable: { tags: {} },
      userData: {
        AL2023: launchTemplateUserData('AL2023', userDataParts),
        AL2: launchTemplateUserData('AL2', userDataParts),
      },
    },
    'compute-environment': {
      ...named(names.computeEnvironment),
      type: nextflow['compute-environment-type'] === 'SPOT' ? 'SPOT' : 'EC2',
      instanceTypes: parseInstanceTypes(nextflow['instance-type']),
      minvCpus: nextflow['instance-min-vcpus'],
      maxvCpus: nextflow['instance-max-vcpus'],
      updatePolicy: { jobExecutionTimeoutMinutes: 30, terminateJobsOnUpdate: false },
    },
    'job-queue': {
      ...named(names.jobQueue),
      priority: 0,
      computeEnvironment: names.computeEnvironment,
      // Hatchery's words.
      terminationReason: "User's workspace was terminated",
    },
    'jobs-role': planJobsRole(context, account),
    'client-user': planClientUser(context),
    'client-role': planClientRole(context),
    'access-key': {
      ...spec,
      userName: names.clientUser,
      probes: [
        { lists: { bucket: names.bucket, prefix: `${names.escapedUser}/` } },
        { describes: { jobQueue: names.jobQueue } },
      ],
    },
  };
};

/** `instance-type` holds one type, one family or `optimal`; several may be given with commas between them. */
export const parseInstanceTypes = (text: string): string[] =>
  text
    .split(',')
    .map((type) => type.trim())
    .filter((type) => type !== '');

const createContext = (workspace: WorkspaceInput, launchId: string): Context => {
  const { hostname, user, account, nextflow, environment, workspaceId } = workspace;
  const names = workspaceNames({ hostname, user, accountId: account.accountId });
  const owner: Owner = { kind: 'workspace', id: workspaceId, run: launchId, environment };
  const spec = { account, owner };
  const resource = (name: string, tags: Tags) => ({ ...spec, name, tags, adoptable: { tags } });
  return {
    workspace,
    names,
    spec,
    inNetwork: (name) => resource(name, { Name: name, Environment: hostname }),
    named: (name) => resource(name, { Name: names.tag }),
    policyParts: {
      names,
      accountId: account.accountId,
      region: account.region,
      imageWhitelist: nextflow['job-image-whitelist'],
      bucketWhitelist: nextflow['s3-bucket-whitelist'],
    },
  };
};

const planPreflight = ({ workspace, names, spec }: Context): PreflightSpec => {
  const { nextflow, global, settings } = workspace;
  const { egress } = egressOf(workspace);
  return {
    ...spec,
    instanceTypes: parseInstanceTypes(nextflow['instance-type']),
    egress,
    squidInstanceType: egress === 'proxy' ? settings.squid.instanceType : null,
    provisioning: nextflow['compute-environment-type'] === 'SPOT' ? 'SPOT' : 'EC2',
    minvCpus: nextflow['instance-min-vcpus'],
    maxvCpus: nextflow['instance-max-vcpus'],
    subnetCount: names.jobSubnets.length,
    imageId: nextflow['instance-ami'] || null,
    imagePipelineArn: nextflow['instance-ami-builder-arn'] || null,
    imageReader: imageReader(nextflow['instance-ami-builder-arn'], global['imagebuilder-reader-role-arn']),
    squidImage: egress === 'proxy' ? settings.squid.image : null,
    bucket: names.bucket,
    computeEnvironment: names.computeEnvironment,
  };
};

/** The account of the image pipeline, entered by Eyrie's own credentials: not by the pay model's role. */
const imageReader = (pipelineArn: string, roleArn: string): AccountRef | null => {
  if (pipelineArn === '' || roleArn === '') return null;
  const region = pipelineArn.split(':')[3] ?? '';
  return { accountId: roleArn.split(':')[4] ?? '', region, roleArn, externalId: null };
};

const planNetwork = ({ workspace, names, spec, inNetwork }: Context): NetworkSpec => {
  const { vpcCidr } = workspace.settings;
  const cidrs = splitCidr(vpcCidr, 2);
  const subnet = (name: string, index: number): SubnetSpec => ({ ...inNetwork(name), cidr: cidrs[index] ?? '' });
  return {
    ...spec,
    egress: egressOf(workspace).egress,
    vpc: { ...inNetwork(names.vpc), cidr: vpcCidr },
    gateway: inNetwork(names.vpc),
    jobSubnets: names.jobSubnets.map(subnet),
    firewallSubnet: subnet(names.firewallSubnet, names.jobSubnets.length),
    jobRouteTable: inNetwork(names.jobRouteTable),
    firewallRouteTable: inNetwork(names.firewallRouteTable),
    gatewayEndpoints: [planS3Endpoint(inNetwork(names.s3Endpoint))],
  };
};

/** All that is in a VPC of ours is part of it, whoever made it. */
const planS3Endpoint = (spec: ResourceSpec): VpcEndpointSpec => ({
  ...spec,
  type: 'Gateway',
  adoptable: { tags: {} },
  serviceName: `com.amazonaws.${spec.account.region}.s3`,
});

const planSquid = ({ workspace, names, spec, inNetwork }: Context, network: NetworkSpec): SquidSpec => {
  const { squid, vpcCidr } = workspace.settings;
  const description = 'Security group for nextflow Squid';
  return {
    ...spec,
    vpc: network.vpc,
    securityGroup: {
      ...spec,
      name: names.squidSecurityGroup,
      tags: {},
      // Hatchery tags no group: name, VPC and description are all that tells its own.
      adoptable: { description },
      description,
      ingress: { fromPort: 0, toPort: 65_535, cidr: vpcCidr },
    },
    instance: {
      ...inNetwork(names.squidInstance),
      instanceType: squid.instanceType,
      userData: squidUserData({
        family: squidImageFamily(squid.image),
        vpcCidr,
        moreDomains: allowedBesides(workspace),
      }),
      console: { ready: SQUID_READY_MARKER, failed: SQUID_FAILED_MARKER },
    },
    jobRouteTable: network.jobRouteTable,
  };
};

/** What was pinned at launch. */
const egressOf = ({ settings }: Pick<WorkspaceInput, 'settings'>): EgressSettings => settings.network ?? EGRESS_DEFAULT;

const planNat = ({ workspace, names, spec, inNetwork }: Context, { vpc, jobRouteTable }: NetworkSpec): NatSpec => {
  const { keptWhenParked } = egressOf(workspace);
  return { ...spec, vpc, address: inNetwork(names.nat), gateway: inNetwork(names.nat), jobRouteTable, keptWhenParked };
};

const planServiceEndpoints = (
  { workspace, names, spec, inNetwork }: Context,
  { vpc, jobRouteTable }: NetworkSpec,
): ServiceEndpointsSpec => {
  const { keptWhenParked, services } = egressOf(workspace);
  const endpoint = (service: string): VpcEndpointSpec => ({
    ...inNetwork(`${names.environment}-nf-${serviceLabelOf(service)}-${names.escapedUser}`),
    type: 'Interface',
    // All that is in a VPC of ours is part of it.
    adoptable: { tags: {} },
    serviceName: serviceNameOf(spec.account.region, service),
  });
  return { ...spec, vpc, endpoints: services.map(endpoint), jobRouteTable, keptWhenParked };
};

/** The commons that the workspace is of, and what the configuration adds. */
export const allowedBesides = ({ hostname, settings }: Pick<WorkspaceInput, 'hostname' | 'settings'>): string[] => [
  `.${hostname}`,
  ...(settings.squid.moreDomains ?? []),
];

const planJobsRole = ({ names, spec, named, policyParts }: Context, account: AccountRef): JobsRoleSpec => ({
  ...spec,
  policy: { ...named(names.jobsPolicy), path: names.path, document: renderPolicy(jobsPolicy(policyParts)) },
  role: { ...named(names.jobsRole), path: names.path, trust: renderPolicy(jobsRoleTrust(account.accountId)) },
});

const planClientUser = ({ names, spec, named, policyParts }: Context): ClientUserSpec => ({
  ...spec,
  policy: { ...named(names.clientPolicy), path: names.path, document: renderPolicy(clientPolicy(policyParts)) },
  // Unlike the policies and the role, the user stands under the root path.
  user: { ...named(names.clientUser), path: '/' },
});

const planClientRole = ({ workspace, names, spec, named }: Context): ClientRoleSpec => ({
  ...spec,
  role: {
    ...named(names.clientRole),
    // Hatchery takes the first role under the user's path for the jobs role.
    path: '/',
    trust: renderPolicy(clientRoleTrust(workspace.settings.credentials?.enteredBy ?? workspace.account.accountId)),
  },
});

const planFoundation = (workspace: WorkspaceInput, names: WorkspaceNames, timing: Timing): FoundationSpec => {
  const { account, environment, global } = workspace;
  const { accountId, region } = account;
  const days = global['s3-objects-expiration-days'];
  const owner: SharedOwner = { kind: 'shared', environment };
  // Hatchery tags neither profile, role nor bucket.
  const shared = (name: string, tags: Tags = {}) => ({ account, owner, name, tags, adoptable: { tags } });
  return {
    account,
    environment,
    instanceProfile: {
      ...shared(names.instanceProfile),
      managedPolicyArns: [
        `arn:${partitionOf(region)}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role`,
      ],
      trust: renderPolicy(instanceRoleTrust(region)),
    },
    kmsKey: {
      ...shared(names.kmsAlias, { Name: names.sharedTag }),
      description: `Nextflow workspaces of ${environment}`,
    },
    bucket: {
      ...shared(names.bucket),
      expirationDays: days > 0 ? days : EXPIRATION_DAYS_DEFAULT,
      policy: renderPolicy(bucketPolicy({ bucket: names.bucket, accountId, region, kmsAlias: names.kmsAlias })),
    },
    timing,
  };
};
