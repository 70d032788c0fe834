/** What the describes say of instances: states in between, status checks, the console. */
import { DescribeInstancesCommand, DescribeInstanceTypesCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';
import { renderConsole } from './boot.ts';
import { matchesPattern } from './images.ts';
import { type State, stateOf } from './instance-states.ts';
import { filterBy } from './lookup.ts';
import { settleInstances } from './settle.ts';
import { done, type Ec2Deps, type Overlay, objectsOf, type Params, succeeded, textOf, textsOf } from './state.ts';
import { isHidden, refuseHidden } from './visibility.ts';

const STATE_FILTERS = ['instance-state-name', 'instance-state-code'];
const NOT_FOUND = { ids: 'InstanceIds', id: 'InstanceId', code: 'InvalidInstanceID.NotFound', noun: 'instance ID' };
/** Members that an instance loses with its network. */
const NETWORK = [
  'SubnetId',
  'VpcId',
  'PrivateIpAddress',
  'PublicIpAddress',
  'NetworkInterfaces',
  'SecurityGroups',
  'BlockDeviceMappings',
  'SourceDestCheck',
  'IamInstanceProfile',
];

export const instanceViewRules = (deps: Ec2Deps): Record<string, Rule> => ({
  DescribeInstances: describeInstances(deps),
  DescribeInstanceStatus: describeStatus(deps),
  GetConsoleOutput: consoleOutput(deps),
  // Volumes of instances whose time has come go first.
  DescribeVolumes: afterSettling(deps),
});

const afterSettling =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    return forward();
  };

/** An instance of moto with its state of now. */
export const currentInstance = <I extends object>(world: World, overlay: Overlay, instance: I): I => {
  const given = instance as Params;
  const course = overlay.instances.get(String(given.InstanceId));
  const State = stateOf(course, world.now(), given.State as State);
  const reason = course?.endReason && {
    StateReason: { Code: course.endReason.code, Message: `${course.endReason.code}: ${course.endReason.message}` },
  };
  if (State.Name === 'terminated') {
    const bare = Object.fromEntries(Object.entries(given).filter(([name]) => !NETWORK.includes(name)));
    return { ...bare, State, ...reason } as I;
  }
  const interfaces = objectsOf(given, 'NetworkInterfaces').map((each) => ({
    ...each,
    ...(each.Attachment !== undefined && {
      Attachment: {
        ...(each.Attachment as Params),
        DeleteOnTermination: course?.interfaceIds.includes(String(each.NetworkInterfaceId)) ?? false,
      },
    }),
  }));
  const groups = (interfaces[0] as Params | undefined)?.Groups ?? given.SecurityGroups;
  return { ...given, State, SecurityGroups: groups, NetworkInterfaces: interfaces, ...reason } as I;
};

const passes = (filters: readonly Params[], instance: Params): boolean => {
  const { Name, Code } = instance.State as State;
  return filters.every((filter) =>
    textsOf(filter, 'Values').some((value) =>
      filter.Name === 'instance-state-name' ? matchesPattern(value, Name) : value === String(Code),
    ),
  );
};

const describeInstances =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    const { world, of } = deps;
    await settleInstances(deps, call);
    const overlay = of(call);
    const ids = textsOf(call.params, 'InstanceIds');
    refuseHidden(world, overlay, ids, NOT_FOUND);
    const filters = objectsOf(call.params, 'Filters');
    const onState = filters.filter(({ Name }) => STATE_FILTERS.includes(String(Name)));
    const { MaxResults, NextToken, ...rest } = call.params;
    if (ids.length > 0 && MaxResults !== undefined) return forward(); // refused by moto
    const answer = await forward({
      params: {
        ...rest,
        Filters: filters.filter((each) => !onState.includes(each)),
        ...(ids.length === 0 && { MaxResults: '1000' }),
      },
    });
    if (!succeeded(answer)) return answer;
    const reservations = objectsOf(world.decode(call, answer), 'Reservations')
      .map((reservation) => ({
        ...reservation,
        Instances: objectsOf(reservation, 'Instances')
          .filter(({ InstanceId }) => !isHidden(world, overlay, InstanceId))
          .map((instance) => currentInstance(world, overlay, instance))
          .filter((instance) => passes(onState, instance)),
      }))
      .filter(({ Instances }) => Instances.length > 0);
    const start = Number(NextToken ?? 0);
    const end = start + Number(MaxResults ?? 1000);
    return world.answer(call, {
      Reservations: reservations.slice(start, end),
      ...(end < reservations.length && { NextToken: String(end) }),
    });
  };

const everyInstance = async ({ world, of }: Ec2Deps, call: Call, ids: readonly string[]): Promise<Instance[]> => {
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const overlay = of(call);
  refuseHidden(world, overlay, ids, NOT_FOUND);
  const { Reservations = [] } = await ec2.send(
    new DescribeInstancesCommand({
      MaxResults: 1000,
      ...(ids.length > 0 && { Filters: filterBy('instance-id', ...ids) }),
    }),
  );
  const found = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
    ({ InstanceId }) => !isHidden(world, overlay, InstanceId),
  );
  const missing = ids.find((id) => !found.some(({ InstanceId }) => InstanceId === id));
  if (missing) throw new AwsError(NOT_FOUND.code, `The instance ID '${missing}' does not exist`);
  return found.map((instance) => currentInstance(world, overlay, instance));
};

const describeStatus =
  (deps: Ec2Deps): Rule =>
  async (call) => {
    const { world, of } = deps;
    await settleInstances(deps, call);
    const all = textOf(call.params, 'IncludeAllInstances') === 'true';
    const instances = await everyInstance(deps, call, textsOf(call.params, 'InstanceIds'));
    const statuses = instances
      .filter(({ State }) => all || State?.Name === 'running')
      .map(({ InstanceId, Placement, State }) => {
        const course = of(call).instances.get(String(InstanceId));
        const checking = world.now() < (course?.checkedAt ?? 0);
        const status =
          State?.Name !== 'running'
            ? { Status: 'not-applicable' }
            : {
                Status: checking ? 'initializing' : 'ok',
                Details: [{ Name: 'reachability', Status: checking ? 'initializing' : 'passed' }],
              };
        return {
          InstanceId,
          AvailabilityZone: Placement?.AvailabilityZone,
          InstanceState: State,
          InstanceStatus: status,
          SystemStatus: status,
        };
      })
      .filter((each) =>
        objectsOf(call.params, 'Filters').every((filter) => {
          const values = textsOf(filter, 'Values');
          if (filter.Name === 'instance-state-name') return values.includes(String(each.InstanceState?.Name));
          if (filter.Name === 'instance-status.status') return values.includes(each.InstanceStatus.Status);
          if (filter.Name === 'system-status.status') return values.includes(each.SystemStatus.Status);
          return true;
        }),
      );
    return done(world, call, { InstanceStatuses: statuses });
  };

/** Whether the latest output can be had. Types without a hypervisor are Nitro too. */
const isNitro = async ({ world }: Ec2Deps, call: Call, InstanceType: Instance['InstanceType']): Promise<boolean> => {
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { InstanceTypes = [] } = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: InstanceType ? [InstanceType] : [] }),
  );
  return InstanceTypes[0]?.Hypervisor !== 'xen';
};

/**
 * Empty until the first boot is over, as on AWS, where it comes with a delay of minutes. On types without Nitro it is
 * what was kept of the boot, here from before the user data ran, and the latest output can't be had.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
 */
const consoleOutput =
  (deps: Ec2Deps): Rule =>
  async (call) => {
    const { world, of } = deps;
    const id = textOf(call.params, 'InstanceId');
    const [instance] = await everyInstance(deps, call, [id]);
    const nitro = await isNitro(deps, call, instance?.InstanceType);
    if (!nitro && textOf(call.params, 'Latest') === 'true') {
      throw new AwsError(
        'UnsupportedOperation',
        'This instance type does not support retrieving the latest console logs.',
      );
    }
    const course = of(call).instances.get(id);
    const booted = course !== undefined && world.now() >= course.checkedAt;
    const text = booted ? renderConsole(nitro ? course.userData : '') : '';
    const Output = booted ? Buffer.from(text).toString('base64') : undefined;
    return done(world, call, { InstanceId: id, Timestamp: new Date(world.now()), ...(Output && { Output }) });
  };
