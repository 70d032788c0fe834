/** From the pinned input of a launch to everything that the workspace is to consist of. Pure: same input, same plan. */
import type { AccountRef } from '../account.ts';
import { ENVIRONMENT_TAG, type Owner, type Tags } from '../core/ownership.ts';
import type { WorkspaceNames } from '../names.ts';
import { workspaceNames } from '../names.ts';
import type { Timing } from '../timing.ts';
import { splitCidr } from './cidr.ts';
import type { WorkspaceInput } from './input.ts';
import type { PolicyParts } from './policies.ts';
import { clientPolicy, instanceRoleTrust, jobsPolicy, jobsRoleTrust, partitionOf, renderPolicy } from './policies.ts';
import type {
  ClientUserSpec,
  FoundationSpec,
  JobsRoleSpec,
  NetworkSpec,
  PreflightSpec,
  Spec,
  SquidSpec,
  SubnetSpec,
  WorkspacePlan,
} from './specs.ts';
import { SQUID_READY_MARKER, squidImageFamily, squidUserData } from './squid-user-data.ts';
import { launchTemplateUserData } from './user-data.ts';

/** Expiry of objects where the configuration says none, or something that isn't a number of days. */
const EXPIRATION_DAYS_DEFAULT = 30;

/** Part of all that is planned here. */
interface Context {
  readonly workspace: WorkspaceInput;
  readonly names: WorkspaceNames;
  readonly spec: Spec;
  /** `Name` and `Environment`: what Hatchery sets on the network. */
  readonly networkTags: (name: string) => Tags;
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
  const { names, spec, policyParts } = context;
  const network = planNetwork(context);
  const nameTag: Tags = { Name: names.tag };
  const { nextflow, account } = workspace;
  const userDataParts = { ...policyParts, escapedUser: names.escapedUser };
  return {
    preflight: planPreflight(context),
    'reserve-slots': {
      ...spec,
      names: { vpc: names.vpc, queue: names.jobQueue, computeEnvironment: names.computeEnvironment },
    },
    foundation: planFoundation(workspace, names, timing),
    network,
    squid: planSquid(context, network),
    'launch-template': {
      ...spec,
      name: names.launchTemplate,
      userData: {
        AL2023: launchTemplateUserData('AL2023', userDataParts),
        AL2: launchTemplateUserData('AL2', userDataParts),
      },
    },
    'compute-environment': {
      ...spec,
      name: names.computeEnvironment,
      tags: nameTag,
      type: nextflow['compute-environment-type'] === 'SPOT' ? 'SPOT' : 'EC2',
      instanceTypes: parseInstanceTypes(nextflow['instance-type']),
      minvCpus: nextflow['instance-min-vcpus'],
      maxvCpus: nextflow['instance-max-vcpus'],
      updatePolicy: { jobExecutionTimeoutMinutes: 30, terminateJobsOnUpdate: false },
    },
    'job-queue': {
      ...spec,
      name: names.jobQueue,
      tags: nameTag,
      priority: 0,
      computeEnvironment: names.computeEnvironment,
    },
    'jobs-role': planJobsRole(context, account),
    'client-user': planClientUser(context),
    'access-key': {
      ...spec,
      userName: names.clientUser,
      bucket: names.bucket,
      prefix: `${names.escapedUser}/`,
      jobQueue: names.jobQueue,
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
  return {
    workspace,
    names,
    spec: { account, owner },
    networkTags: (name) => ({ Name: name, Environment: hostname }),
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
  return {
    ...spec,
    instanceTypes: parseInstanceTypes(nextflow['instance-type']),
    squidInstanceType: settings.squid.instanceType,
    provisioning: nextflow['compute-environment-type'] === 'SPOT' ? 'SPOT' : 'EC2',
    minvCpus: nextflow['instance-min-vcpus'],
    maxvCpus: nextflow['instance-max-vcpus'],
    subnetCount: names.jobSubnets.length,
    imageId: nextflow['instance-ami'] || null,
    imagePipelineArn: nextflow['instance-ami-builder-arn'] || null,
    imageReader: imageReader(nextflow['instance-ami-builder-arn'], global['imagebuilder-reader-role-arn']),
    squidImage: settings.squid.image,
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

const planNetwork = ({ workspace, names, spec, networkTags }: Context): NetworkSpec => {
  const { vpcCidr } = workspace.settings;
  const cidrs = splitCidr(vpcCidr, 2);
  const subnet = (name: string, role: string, index: number): SubnetSpec => ({
    ...spec,
    name,
    role,
    cidr: cidrs[index] ?? '',
    tags: networkTags(name),
  });
  const routeTable = (name: string) => ({ ...spec, name, tags: networkTags(name) });
  return {
    ...spec,
    vpc: { ...spec, name: names.vpc, cidr: vpcCidr, tags: networkTags(names.vpc) },
    gateway: { name: names.vpc, tags: networkTags(names.vpc) },
    jobSubnets: names.jobSubnets.map((name, index) => subnet(name, `job-${index}`, index)),
    firewallSubnet: subnet(names.firewallSubnet, 'firewall', names.jobSubnets.length),
    jobRouteTable: routeTable(names.jobRouteTable),
    firewallRouteTable: routeTable(names.firewallRouteTable),
    gatewayEndpoints: [
      {
        ...spec,
        name: names.s3Endpoint,
        serviceName: `com.amazonaws.${spec.account.region}.s3`,
        tags: networkTags(names.s3Endpoint),
      },
    ],
  };
};

const planSquid = ({ workspace, names, spec, networkTags }: Context, network: NetworkSpec): SquidSpec => {
  const { squid, vpcCidr } = workspace.settings;
  return {
    ...spec,
    vpc: network.vpc,
    securityGroup: {
      ...spec,
      name: names.squidSecurityGroup,
      description: 'Security group for nextflow Squid',
      ingress: { fromPort: 0, toPort: 65_535, cidr: vpcCidr },
    },
    instance: {
      ...spec,
      name: names.squidInstance,
      tags: networkTags(names.squidInstance),
      instanceType: squid.instanceType,
      userData: squidUserData({
        family: squidImageFamily(squid.image),
        vpcCidr,
        moreDomains: allowedBesides(workspace),
      }),
      readyMarker: SQUID_READY_MARKER,
    },
    jobRouteTable: network.jobRouteTable,
  };
};

/** The commons that the workspace is of, and what the configuration adds. */
export const allowedBesides = ({ hostname, settings }: Pick<WorkspaceInput, 'hostname' | 'settings'>): string[] => [
  `.${hostname}`,
  ...(settings.squid.moreDomains ?? []),
];

const planJobsRole = ({ names, spec, policyParts }: Context, account: AccountRef): JobsRoleSpec => {
  const common = { ...spec, path: names.path, tags: { Name: names.tag } };
  return {
    ...spec,
    policy: { ...common, name: names.jobsPolicy, document: renderPolicy(jobsPolicy(policyParts)) },
    role: { ...common, name: names.jobsRole, trust: renderPolicy(jobsRoleTrust(account.accountId)) },
  };
};

const planClientUser = ({ names, spec, policyParts }: Context): ClientUserSpec => {
  const tags: Tags = { Name: names.tag };
  return {
    ...spec,
    policy: {
      ...spec,
      name: names.clientPolicy,
      path: names.path,
      tags,
      document: renderPolicy(clientPolicy(policyParts)),
    },
    // Unlike the policies and the role, the user stands under the root path.
    user: { ...spec, name: names.clientUser, path: '/', tags },
  };
};

const planFoundation = (workspace: WorkspaceInput, names: WorkspaceNames, timing: Timing): FoundationSpec => {
  const { account, environment, global } = workspace;
  const days = global['s3-objects-expiration-days'];
  const shared: Tags = { [ENVIRONMENT_TAG]: environment };
  return {
    account,
    environment,
    instanceProfile: {
      name: names.instanceProfile,
      managedPolicyArns: [
        `arn:${partitionOf(account.region)}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role`,
      ],
      trust: renderPolicy(instanceRoleTrust(account.region)),
    },
    kms: { alias: names.kmsAlias, tags: { ...shared, Name: names.sharedTag } },
    bucket: { name: names.bucket, expirationDays: days > 0 ? days : EXPIRATION_DAYS_DEFAULT, tags: shared },
    timing,
  };
};
