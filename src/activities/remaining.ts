/** What AWS still shows of a workspace, or of one launch of it: the proof that nothing is left, or the list of it. */
import { DescribeLaunchTemplatesCommand } from '@aws-sdk/client-ec2';
import { GetPolicyCommand, GetUserCommand } from '@aws-sdk/client-iam';
import { isNotFound } from '#aws/errors.ts';
import { kindTag, mayRemove, type Removal, RUN_TAG, type Tags, tagsOf } from '#domain/core/ownership.ts';
import type { Leftover } from '#domain/failures.ts';
import type { AccessKeySpec, PolicySpec, WorkspacePlan } from '#domain/workspace/specs.ts';
import { findComputeEnvironment } from './batch/compute-environment-find.ts';
import { findJobQueue } from './batch/job-queue.ts';
import type { ActivityDeps } from './deps.ts';
import {
  filters,
  findInstances,
  findInternetGateways,
  findRouteTables,
  findSecurityGroups,
  findSubnets,
  findVpcEndpoints,
  findVpcs,
} from './ec2/find.ts';
import { idsOf, intentOf, listKeys } from './iam/access-key-parts.ts';
import { iamArn } from './iam/names.ts';
import { findRole } from './iam/role-parts.ts';

export interface Remaining extends Omit<Leftover, 'reason'> {
  /** The step whose undo takes it away. */
  readonly step: string;
}

interface Found {
  readonly id: string | undefined;
  readonly name?: string | undefined;
  readonly tags: Tags;
}

const ALIVE = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

/** Undefined where AWS says that there is none. */
const unlessNotFound = async <T>(asked: Promise<T>): Promise<T | undefined> => {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

export const remainingActivities = ({ aws, control }: Pick<ActivityDeps, 'aws' | 'control'>) => {
  const network = async ({ network: { account, owner } }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const ec2 = aws.ec2(account);
    const ours = filters({ [`tag:${kindTag(owner.kind)}`]: owner.id });
    const [vpcs, gateways, subnets, tables, endpoints] = await Promise.all([
      findVpcs(ec2, ours),
      findInternetGateways(ec2, ours),
      findSubnets(ec2, ours),
      findRouteTables(ec2, ours),
      findVpcEndpoints(ec2, ours),
    ]);
    return {
      'AWS::EC2::VPC': vpcs.map(({ VpcId, Tags }) => named(VpcId, tagsOf(Tags))),
      'AWS::EC2::InternetGateway': gateways.map(({ InternetGatewayId, Tags }) =>
        named(InternetGatewayId, tagsOf(Tags)),
      ),
      'AWS::EC2::Subnet': subnets.map(({ SubnetId, Tags }) => named(SubnetId, tagsOf(Tags))),
      'AWS::EC2::RouteTable': tables.map(({ RouteTableId, Tags }) => named(RouteTableId, tagsOf(Tags))),
      'AWS::EC2::VPCEndpoint': endpoints.map(({ VpcEndpointId, Tags }) => named(VpcEndpointId, tagsOf(Tags))),
    };
  };

  const squid = async ({ squid: { account, owner } }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const ec2 = aws.ec2(account);
    const ours = { [`tag:${kindTag(owner.kind)}`]: owner.id };
    const [instances, groups] = await Promise.all([
      findInstances(ec2, filters({ ...ours, 'instance-state-name': ALIVE })),
      findSecurityGroups(ec2, filters(ours)),
    ]);
    return {
      'AWS::EC2::Instance': instances.map(({ InstanceId, Tags }) => named(InstanceId, tagsOf(Tags))),
      'AWS::EC2::SecurityGroup': groups.map(({ GroupId: id, GroupName: name, Tags }) => ({
        id,
        name,
        tags: tagsOf(Tags),
      })),
    };
  };

  const template = async ({ launchTemplate: { account, owner } }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const Filters = filters({ [`tag:${kindTag(owner.kind)}`]: owner.id });
    const { LaunchTemplates = [] } = await aws.ec2(account).send(new DescribeLaunchTemplatesCommand({ Filters }));
    const found = LaunchTemplates.map(({ LaunchTemplateId: id, LaunchTemplateName: name, Tags }) => ({
      id,
      name,
      tags: tagsOf(Tags),
    }));
    return { 'AWS::EC2::LaunchTemplate': found };
  };

  const environment = async ({
    computeEnvironment: { account, name },
  }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const found = await findComputeEnvironment(aws.batch(account), name);
    return {
      'AWS::Batch::ComputeEnvironment': found
        ? [{ id: found.computeEnvironmentArn, name, tags: found.tags ?? {} }]
        : [],
    };
  };

  const queue = async ({ jobQueue: { account, name } }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const found = await findJobQueue(aws.batch(account), name);
    return { 'AWS::Batch::JobQueue': found ? [{ id: found.jobQueueArn, name, tags: found.tags ?? {} }] : [] };
  };

  const policy = async ({ account, path, name }: PolicySpec): Promise<Found[]> => {
    const PolicyArn = iamArn(account, `policy${path}${name}`);
    const answer = await unlessNotFound(aws.iam(account).send(new GetPolicyCommand({ PolicyArn })));
    return answer ? [{ id: PolicyArn, name, tags: tagsOf(answer.Policy?.Tags) }] : [];
  };

  const jobsRole = async ({ jobsRole: { policy: ofRole, role } }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const found = await findRole(aws.iam(role.account), role.name);
    return {
      'AWS::IAM::Role': found ? [{ id: found.Arn, name: role.name, tags: tagsOf(found.Tags) }] : [],
      'AWS::IAM::ManagedPolicy': await policy(ofRole),
    };
  };

  const userOf = async (account: AccessKeySpec['account'], UserName: string): Promise<Found | undefined> => {
    const answer = await unlessNotFound(aws.iam(account).send(new GetUserCommand({ UserName })));
    return answer && { id: answer.User?.Arn, name: UserName, tags: tagsOf(answer.User?.Tags) };
  };

  const clientUser = async ({
    clientUser: { policy: ofUser, user },
  }: WorkspacePlan): Promise<Record<string, Found[]>> => {
    const found = await userOf(user.account, user.name);
    return { 'AWS::IAM::User': found ? [found] : [], 'AWS::IAM::ManagedPolicy': await policy(ofUser) };
  };

  /** Keys carry no tags: the user's stand for those of the workspace, the launch's intent for those of the launch. */
  const accessKey = async ({ accessKey: spec }: WorkspacePlan, by: Removal['by']): Promise<Record<string, Found[]>> => {
    const user = await userOf(spec.account, spec.userName);
    if (!user) return {};
    const keys = await listKeys(aws.iam(spec.account), spec.userName);
    const sealed = await control.seals.info(idsOf(spec), spec.owner.run);
    const known = (await control.intents.read(intentOf(spec)))?.known;
    const ofLaunch = (id: string) => id === sealed?.accessKeyId || (known !== undefined && !known.includes(id));
    const left = keys.filter(({ accessKeyId }) => by === 'owner' || ofLaunch(accessKeyId));
    const tags = by === 'owner' ? user.tags : { ...user.tags, [RUN_TAG]: spec.owner.run };
    return { 'AWS::IAM::AccessKey': left.map(({ accessKeyId }) => ({ id: accessKeyId, tags })) };
  };

  return {
    /** By `launch`: what carries its tag. By `workspace`: all that the workspace owns. Foreign things are not listed. */
    async listRemaining(plan: WorkspacePlan, by: Removal['by']): Promise<Remaining[]> {
      const looks = {
        'access-key': accessKey(plan, by),
        'client-user': clientUser(plan),
        'jobs-role': jobsRole(plan),
        'job-queue': queue(plan),
        'compute-environment': environment(plan),
        'launch-template': template(plan),
        squid: squid(plan),
        network: network(plan),
      };
      const answers = await Promise.all(Object.entries(looks).map(async ([step, look]) => [step, await look] as const));
      const removal: Removal = { by, unsureSince: null };
      return answers.flatMap(([step, byType]) =>
        Object.entries(byType).flatMap(([type, found]) =>
          found
            .filter(({ tags }) => mayRemove(tags, plan.network.owner, removal))
            .map(({ id, name }) => ({ step, type, id: id ?? null, name: name ?? null })),
        ),
      );
    },
  };
};

const named = (id: string | undefined, tags: Tags): Found => ({ id, name: tags.Name, tags });
