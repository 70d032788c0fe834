/**
 * What Batch finds out after it has accepted a compute environment: the first fault makes it INVALID with a reason.
 * It looks at the moment of the call, so a role that was made a second before is a fault even if it works a second later.
 */
import type { ComputeResource } from '@aws-sdk/client-batch';
import {
  DescribeInstanceTypeOfferingsCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
  type LaunchTemplateVersion,
} from '@aws-sdk/client-ec2';
import { GetInstanceProfileCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import type { World } from '../../core/world.ts';
import { EC2 } from '../ec2/contract.ts';
import { IAM } from '../iam/contract.ts';
import type { ComputeEnvironment, Regional } from './state.ts';

/** Names that Batch chooses instance types for. */
const CHOICES = ['optimal', 'default_x86_64', 'default_arm64'];

/** The call's result, or undefined when moto says that there is no such thing. */
const absent = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch (error) {
    if (/NotFound|NoSuchEntity|Malformed/.test((error as Error).name)) return undefined;
    throw error;
  }
};

const lastPart = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);

const notAssumable = (role: string): string =>
  `CLIENT_ERROR - User: batch.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: ${role} (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied; Request ID: ${crypto.randomUUID()}; Proxy: null)`;

const ec2Fault = (text: string): string => `CLIENT_ERROR - ${text}`;

export const createVerdicts = (world: World) => {
  const offered = new Map<string, Promise<Set<string>>>();
  const instanceTypes = (at: Regional): Promise<Set<string>> => {
    let known = offered.get(at.region);
    if (!known) {
      known = world
        .moto(EC2Client, at.account, at.region)
        .send(new DescribeInstanceTypeOfferingsCommand({}))
        .then(
          ({ InstanceTypeOfferings = [] }) => new Set(InstanceTypeOfferings.map((each) => String(each.InstanceType))),
        );
      offered.set(at.region, known);
    }
    return known;
  };

  const canAssume = async (at: Regional, role: string, service: string): Promise<boolean> => {
    const name = lastPart(role);
    const found = await absent(
      world.moto(IAMClient, at.account, at.region).send(new GetRoleCommand({ RoleName: name })),
    );
    const trust = decodeURIComponent(found?.Role?.AssumeRolePolicyDocument ?? '');
    const ready = (world.service(IAM).roleReadyAt(at.account, name) ?? 0) <= world.now();
    return found !== undefined && trust.includes(`"${service}"`) && ready;
  };

  /** The service role: only a custom one can be missing. */
  const serviceRole = async (at: Regional, role: string | undefined): Promise<string> => {
    if (!role) return '';
    return (await canAssume(at, role, 'batch.amazonaws.com')) ? '' : notAssumable(role);
  };

  const instanceProfile = async (at: Regional, profile: string | undefined): Promise<string> => {
    if (!profile) return '';
    const name = lastPart(profile);
    const iam = world.moto(IAMClient, at.account, at.region);
    const found = await absent(iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name })));
    const role = found?.InstanceProfile?.Roles?.[0]?.RoleName;
    if (!found || !role) return ec2Fault(`Invalid IamInstanceProfile: ${profile}`);
    const known = world.service(IAM);
    const readyAt = Math.max(
      known.profileReadyAt(at.account, name) ?? 0,
      known.profileRoleReadyAt(at.account, name) ?? 0,
      known.roleReadyAt(at.account, role) ?? 0,
    );
    return readyAt <= world.now() ? '' : ec2Fault(`Invalid IamInstanceProfile: ${profile}`);
  };

  const network = async (at: Regional, { subnets = [], securityGroupIds = [] }: ComputeResource): Promise<string> => {
    const ec2 = world.moto(EC2Client, at.account, at.region);
    const vpcs = new Set<string | undefined>();
    for (const id of subnets) {
      const found = await absent(ec2.send(new DescribeSubnetsCommand({ SubnetIds: [id] })));
      if (!found?.Subnets?.[0]) return ec2Fault(`The subnet ID '${id}' does not exist`);
      vpcs.add(found.Subnets[0].VpcId);
    }
    if (vpcs.size > 1) return ec2Fault('Subnets must belong to the same VPC');
    for (const id of securityGroupIds) {
      const found = await absent(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [id] })));
      if (!found?.SecurityGroups?.[0]) return ec2Fault(`The security group '${id}' does not exist`);
      vpcs.add(found.SecurityGroups[0].VpcId);
      if (vpcs.size > 1) {
        return ec2Fault(`Security group ${id} and subnet ${subnets[0]} belong to different networks.`);
      }
    }
    return '';
  };

  const template = async (at: Regional, { launchTemplate }: ComputeResource): Promise<string> => {
    if (!launchTemplate) return '';
    const { launchTemplateId, launchTemplateName, version } = launchTemplate;
    const found = await launchTemplateVersion(at, launchTemplate);
    const which = launchTemplateName
      ? `template name ${launchTemplateName}`
      : `template ID ${launchTemplateId ?? 'missing'}`;
    if (!found) {
      return ec2Fault(
        `The specified launch template, with ${which}, version ${version ?? '$Default'}, does not exist.`,
      );
    }
    const userData = Buffer.from(found.LaunchTemplateData?.UserData ?? '', 'base64').toString();
    return userData === '' || /^(MIME-Version|Content-Type):/im.test(userData)
      ? ''
      : ec2Fault('Launch Template UserData is not MIME multipart format');
  };

  const launchTemplateVersion = async (
    at: Regional,
    { launchTemplateId, launchTemplateName, version }: NonNullable<ComputeResource['launchTemplate']>,
  ): Promise<LaunchTemplateVersion | undefined> => {
    const found = await absent(
      world.moto(EC2Client, at.account, at.region).send(
        new DescribeLaunchTemplateVersionsCommand({
          ...(launchTemplateId ? { LaunchTemplateId: launchTemplateId } : { LaunchTemplateName: launchTemplateName }),
          Versions: [version || '$Default'],
        }),
      ),
    );
    return found?.LaunchTemplateVersions?.[0];
  };

  const images = async (at: Regional, { imageId, ec2Configuration = [] }: ComputeResource): Promise<string> => {
    const ids = [imageId, ...ec2Configuration.map(({ imageIdOverride }) => imageIdOverride)];
    for (const id of ids.filter((each) => each !== undefined)) {
      if (!(await world.service(EC2).imageExists(at.account, at.region, id))) {
        return ec2Fault(`The image id '[${id}]' does not exist`);
      }
    }
    return '';
  };

  const keyPair = async (at: Regional, { ec2KeyPair }: ComputeResource): Promise<string> => {
    if (!ec2KeyPair) return '';
    const query = new DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: [ec2KeyPair] }] });
    const { KeyPairs = [] } = await world.moto(EC2Client, at.account, at.region).send(query);
    return KeyPairs.length > 0 ? '' : ec2Fault(`The key pair '${ec2KeyPair}' does not exist`);
  };

  /** Looked at only where Spot Fleet is used. */
  const fleetRole = async (at: Regional, resources: ComputeResource): Promise<string> => {
    const { type, spotIamFleetRole, allocationStrategy = 'BEST_FIT' } = resources;
    if (type !== 'SPOT' || allocationStrategy !== 'BEST_FIT') return '';
    return (await canAssume(at, String(spotIamFleetRole), 'spotfleet.amazonaws.com'))
      ? ''
      : ec2Fault('Parameter: SpotFleetRequestConfig.IamFleetRole is invalid.');
  };

  const types = async (at: Regional, { instanceTypes: wanted = [] }: ComputeResource): Promise<string> => {
    if (wanted.length === 0) return '';
    const known = await instanceTypes(at);
    const families = new Set([...known].map((type) => type.slice(0, type.indexOf('.'))));
    const unknown = wanted.filter((type) => !CHOICES.includes(type) && !known.has(type) && !families.has(type));
    return unknown.length > 0
      ? ec2Fault(`The following supplied instance types do not exist: [${unknown.join(', ')}]`)
      : '';
  };

  return {
    /** The reason for INVALID, or '' for VALID. */
    async check(at: Regional, environment: ComputeEnvironment): Promise<string> {
      const resources = environment.detail.computeResources;
      const role = await serviceRole(at, environment.customRole);
      if (role || !resources) return role;
      for (const look of [network, template, images, types, keyPair, fleetRole]) {
        const reason = await look(at, resources);
        if (reason) return reason;
      }
      return instanceProfile(at, resources.instanceRole);
    },

    /** What a VALID environment loses its validity by: somebody removed a role under it. */
    async checkRoles(at: Regional, environment: ComputeEnvironment): Promise<string> {
      return (
        (await serviceRole(at, environment.customRole)) ||
        (await instanceProfile(at, environment.detail.computeResources?.instanceRole))
      );
    },

    serviceRole,

    /** `$Latest` and `$Default` mean the version of the moment of the call; shown as it was asked for. */
    launchTemplateVersion,
  };
};
export type Verdicts = ReturnType<typeof createVerdicts>;
