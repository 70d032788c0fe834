/** The parts of workspaces as AWS shows them now: all of one account in a few calls, however many workspaces there are. */
import { type BatchClient, DescribeComputeEnvironmentsCommand, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { DescribeInstancesCommand, DescribeNatGatewaysCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { type IAMClient, ListInstanceProfilesCommand, ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam';
import type { Aws, AwsClient } from '#aws/clients.ts';
import { collect } from '#aws/pages.ts';
import type { AccountRef } from '#domain/core/account.ts';
import type { HealthProblem } from '#domain/core/health.ts';
import type { ResourceView } from '#domain/core/operation.ts';

type Problem = HealthProblem | undefined;

/** How a thing of one type is; undefined: it is not there. */
type States = ReadonlyMap<string, Problem>;

interface Part {
  /** In words. */
  readonly called: string;
  /** What the record calls it, as AWS is asked for it. */
  readonly key: (resource: ResourceView) => string;
  readonly states: (aws: Aws, account: AccountRef, keys: readonly string[]) => Promise<States>;
}

const byName = ({ id, name }: ResourceView): string => name ?? id.slice(id.lastIndexOf('/') + 1);
const byId = ({ id }: ResourceView): string => id;

/** Without these its users' pipelines fail; what else there is shows at the next launch. */
const PARTS: Readonly<Record<string, Part>> = {
  'AWS::Batch::ComputeEnvironment': {
    called: 'compute environment',
    key: byName,
    states: async (aws, account, keys) => await inBatch(aws.batch(account), keys, environmentsOf),
  },
  'AWS::Batch::JobQueue': {
    called: 'job queue',
    key: byName,
    states: async (aws, account, keys) => await inBatch(aws.batch(account), keys, queuesOf),
  },
  'AWS::EC2::Instance': {
    called: 'proxy instance',
    key: byId,
    states: async (aws, account, keys) => await instancesOf(aws.ec2(account), keys),
  },
  'AWS::EC2::NatGateway': {
    called: 'NAT gateway',
    key: byId,
    states: async (aws, account, keys) => await gatewaysOf(aws.ec2(account), keys),
  },
  'AWS::IAM::Role': { called: 'role', key: byName, states: async (aws, account) => await rolesOf(aws.iam(account)) },
  'AWS::IAM::User': { called: 'user', key: byName, states: async (aws, account) => await usersOf(aws.iam(account)) },
  'AWS::IAM::InstanceProfile': {
    called: 'instance profile',
    key: byName,
    states: async (aws, account) => await profilesOf(aws.iam(account)),
  },
};

/** What is wrong with each list of resources, in their order. */
export const problemsOf = async (
  aws: Aws,
  account: AccountRef,
  all: readonly (readonly ResourceView[])[],
): Promise<readonly (readonly HealthProblem[])[]> => {
  const looked = await Promise.all(
    Object.entries(PARTS).map(async ([type, part]) => {
      const keys = [
        ...new Set(
          all
            .flat()
            .filter((one) => one.type === type)
            .map(part.key),
        ),
      ];
      const states: States = keys.length === 0 ? new Map() : await part.states(aws, account, keys);
      return [type, states] as const;
    }),
  );
  const states = new Map(looked);
  return all.map((resources) => resources.flatMap((resource) => wrongWith(resource, states.get(resource.type)) ?? []));
};

const wrongWith = (resource: ResourceView, states: States | undefined): Problem => {
  const part = PARTS[resource.type];
  if (!part || !states) return undefined;
  const key = part.key(resource);
  const what = `${part.called} ${key}`;
  if (!states.has(key)) return { code: 'NotFound', detail: `${what} is not there any more` };
  const found = states.get(key);
  return found && { ...found, detail: `${what} ${found.detail}` };
};

/** Names in one call. */
const NAMES_MAX = 100;

interface OfBatch {
  readonly name: string | undefined;
  readonly state: string | undefined;
  readonly status: string | undefined;
  readonly statusReason: string | undefined;
}

const inBatch = async (
  batch: AwsClient<BatchClient>,
  names: readonly string[],
  describe: (batch: AwsClient<BatchClient>, names: string[]) => Promise<readonly OfBatch[]>,
): Promise<States> => {
  const found: OfBatch[] = [];
  for (let from = 0; from < names.length; from += NAMES_MAX) {
    found.push(...(await describe(batch, names.slice(from, from + NAMES_MAX))));
  }
  return new Map(
    found.filter(({ status }) => status !== 'DELETED').map((one) => [one.name ?? '', wrongInBatch(one)] as const),
  );
};

const environmentsOf = async (batch: AwsClient<BatchClient>, computeEnvironments: string[]): Promise<OfBatch[]> => {
  const { computeEnvironments: found = [] } = await batch.send(
    new DescribeComputeEnvironmentsCommand({ computeEnvironments }),
  );
  return found.map(({ computeEnvironmentName: name, state, status, statusReason }) => ({
    ...{ name, state, status, statusReason },
  }));
};

const queuesOf = async (batch: AwsClient<BatchClient>, jobQueues: string[]): Promise<OfBatch[]> => {
  const { jobQueues: found = [] } = await batch.send(new DescribeJobQueuesCommand({ jobQueues }));
  return found.map(({ jobQueueName: name, state, status, statusReason }) => ({
    ...{ name, state, status, statusReason },
  }));
};

/** What is on its way is not wrong: the next look tells what became of it. */
const wrongInBatch = ({ state, status, statusReason = 'no reason given' }: OfBatch): Problem => {
  if (status === 'INVALID') return { code: 'ComputeEnvironmentInvalid', detail: `is INVALID: ${statusReason}` };
  if (status === 'DELETING') return { code: 'NotFound', detail: 'is being deleted' };
  return state === 'DISABLED' ? { code: 'NotReady', detail: 'is DISABLED' } : undefined;
};

/** Values of one filter. A filter finds those that are there, where a list of ids is refused for one that is not. */
const FILTER_MAX = 200;

const filtered = async <Item>(
  ids: readonly string[],
  find: (
    values: string[],
    token: string | undefined,
  ) => Promise<{ items: Item[] | undefined; next: string | undefined }>,
): Promise<Item[]> => {
  const found: Item[] = [];
  for (let from = 0; from < ids.length; from += FILTER_MAX) {
    found.push(...(await collect((token) => find(ids.slice(from, from + FILTER_MAX), token))));
  }
  return found;
};

const instancesOf = async (ec2: AwsClient<EC2Client>, ids: readonly string[]): Promise<States> => {
  const reservations = await filtered(ids, async (Values, NextToken) => {
    const page = await ec2.send(
      new DescribeInstancesCommand({ NextToken, Filters: [{ Name: 'instance-id', Values }] }),
    );
    return { items: page.Reservations, next: page.NextToken };
  });
  const found = reservations.flatMap(({ Instances = [] }) => Instances);
  return statesOf(
    found.map(({ InstanceId, State }) => [InstanceId, State?.Name]),
    ['running', 'pending'],
    ['terminated', 'shutting-down'],
  );
};

const gatewaysOf = async (ec2: AwsClient<EC2Client>, ids: readonly string[]): Promise<States> => {
  const found = await filtered(ids, async (Values, NextToken) => {
    const page = await ec2.send(
      new DescribeNatGatewaysCommand({ NextToken, Filter: [{ Name: 'nat-gateway-id', Values }] }),
    );
    return { items: page.NatGateways, next: page.NextToken };
  });
  return statesOf(
    found.map(({ NatGatewayId, State }) => [NatGatewayId, State]),
    ['available', 'pending'],
    ['deleted', 'deleting'],
  );
};

/** @param gone shown for a while still, and not there any more */
const statesOf = (
  found: readonly (readonly [string | undefined, string | undefined])[],
  fit: readonly string[],
  gone: readonly string[],
): States =>
  new Map(
    found
      .filter(([, state = '']) => !gone.includes(state))
      .map(([id = '', state = '']) => [
        id,
        fit.includes(state) ? undefined : { code: 'NotReady', detail: `is ${state}` },
      ]),
  );

/** IAM's lists have no filter by name. */
const LISTED = { MaxItems: 1_000 } as const;

const there = (names: readonly (string | undefined)[]): States => new Map(names.map((name = '') => [name, undefined]));

const rolesOf = async (iam: AwsClient<IAMClient>): Promise<States> => {
  const found = await collect(async (Marker) => {
    const page = await iam.send(new ListRolesCommand({ Marker, ...LISTED }));
    return { items: page.Roles, next: page.Marker };
  });
  return there(found.map(({ RoleName }) => RoleName));
};

const usersOf = async (iam: AwsClient<IAMClient>): Promise<States> => {
  const found = await collect(async (Marker) => {
    const page = await iam.send(new ListUsersCommand({ Marker, ...LISTED }));
    return { items: page.Users, next: page.Marker };
  });
  return there(found.map(({ UserName }) => UserName));
};

const profilesOf = async (iam: AwsClient<IAMClient>): Promise<States> => {
  const found = await collect(async (Marker) => {
    const page = await iam.send(new ListInstanceProfilesCommand({ Marker, ...LISTED }));
    return { items: page.InstanceProfiles, next: page.Marker };
  });
  return there(found.map(({ InstanceProfileName }) => InstanceProfileName));
};
