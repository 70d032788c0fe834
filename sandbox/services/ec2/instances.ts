/**
 * Starting, stopping and terminating instances, and their attributes.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
 */
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
} from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { type State, state, stateOf } from './instance-states.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { runInstances } from './run-instances.ts';
import { settleInstances } from './settle.ts';
import { done, type Ec2Deps, type InstanceCourse, mutation, type Params, succeeded, textOf, textsOf } from './state.ts';
import { idempotent } from './tokens.ts';

const PENDING_MS = 15_000;
const STOPPING_MS = 20_000;
const SHUTTING_DOWN_MS = 20_000;
const SPREAD = 0.3;

export const instanceRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => ({
  RunInstances: mutation(deps, idempotent(deps, runInstances(deps, lookup))),
  TerminateInstances: mutation(deps, terminate(deps, lookup)),
  StopInstances: mutation(deps, stop(deps, lookup)),
  StartInstances: mutation(deps, start(deps, lookup)),
  ModifyInstanceAttribute: mutation(deps, modifyInstance(deps, lookup)),
  ModifyInstanceMetadataOptions: mutation(deps, modifyMetadata(deps)),
  ModifyNetworkInterfaceAttribute: mutation(deps, modifyInterface(deps, lookup)),
  DeleteNetworkInterface: mutation(deps, deleteInterface(deps, lookup)),
});

const notFound = (id: string): AwsError =>
  new AwsError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);

/** The named instances with their course and present state. @throws when one does not exist. */
const named = async (deps: Ec2Deps, lookup: Lookup, call: Call) => {
  await settleInstances(deps, call);
  const ids = textsOf(call.params, 'InstanceIds');
  if (ids.length === 0) throw new AwsError('MissingParameter', 'The request must contain the parameter InstanceId');
  const found: { id: string; course: InstanceCourse; now: State }[] = [];
  for (const id of new Set(ids)) {
    const instance = await lookup.instance(call, id);
    const course = deps.of(call).instances.get(id);
    if (!instance || !course) throw notFound(id);
    found.push({ id, course, now: stateOf(course, deps.world.now(), instance.State as State) });
  }
  return found;
};

const terminate =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call) => {
    const { world } = deps;
    const instances = await named(deps, lookup, call);
    const ec2 = world.moto(EC2Client, call.account, call.region);
    for (const { id } of instances) {
      const guard = await ec2.send(
        new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiTermination' }),
      );
      if (guard.DisableApiTermination?.Value) {
        throw new AwsError(
          'OperationNotPermitted',
          `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
        );
      }
    }
    for (const { course } of instances) {
      course.terminatedAt ??= world.now() + world.delay(SHUTTING_DOWN_MS, SPREAD);
    }
    const TerminatingInstances = instances.map(({ id, now }) => ({
      InstanceId: id,
      CurrentState: now.Name === 'terminated' ? now : state('shutting-down'),
      PreviousState: now,
    }));
    await settleInstances(deps, call);
    return done(world, call, { TerminatingInstances });
  };

const stop =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const instances = await named(deps, lookup, call);
    for (const { id, now } of instances) {
      if (!['running', 'stopping', 'stopped'].includes(now.Name)) {
        throw new AwsError(
          'IncorrectInstanceState',
          `The instance '${id}' is not in a state from which it can be stopped.`,
        );
      }
    }
    const answer = await forward();
    if (!succeeded(answer)) return answer;
    for (const { course } of instances) course.stoppedAt ??= world.now() + world.delay(STOPPING_MS, SPREAD);
    const StoppingInstances = instances.map(({ id, now }) => ({
      InstanceId: id,
      CurrentState: now.Name === 'stopped' ? now : state('stopping'),
      PreviousState: now,
    }));
    return done(world, call, { StoppingInstances });
  };

const start =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const instances = await named(deps, lookup, call);
    for (const { id, now } of instances) {
      if (!['pending', 'running', 'stopped'].includes(now.Name)) {
        throw new AwsError(
          'IncorrectInstanceState',
          `The instance '${id}' is not in a state from which it can be started.`,
        );
      }
    }
    const answer = await forward();
    if (!succeeded(answer)) return answer;
    for (const { course } of instances) {
      if (course.stoppedAt === undefined) continue;
      course.stoppedAt = undefined;
      course.runningAt = world.now() + world.delay(PENDING_MS, SPREAD);
      course.checkedAt = course.runningAt + world.delay(PENDING_MS, SPREAD);
    }
    const StartingInstances = instances.map(({ id, now }) => ({
      InstanceId: id,
      CurrentState: now.Name === 'running' ? now : state('pending'),
      PreviousState: now,
    }));
    return done(world, call, { StartingInstances });
  };

const booleanOf = (params: Params, name: string): boolean | undefined => {
  const value = (params[name] as Params | undefined)?.Value;
  return value === undefined ? undefined : String(value) === 'true';
};

/** An instance with one interface shares its source/dest check and its groups. */
const modifyInstance =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const id = textOf(call.params, 'InstanceId');
    const instance = await lookup.instance(call, id);
    if (!instance) throw notFound(id);
    const NetworkInterfaceId = instance.NetworkInterfaces?.[0]?.NetworkInterfaceId;
    const ec2 = deps.world.moto(EC2Client, call.account, call.region);
    const check = booleanOf(call.params, 'SourceDestCheck');
    const groups = textsOf(call.params, 'Groups');
    if (NetworkInterfaceId && check !== undefined) {
      await ec2.send(
        new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, SourceDestCheck: { Value: check } }),
      );
    }
    if (NetworkInterfaceId && groups.length > 0) {
      await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups: groups }));
      return done(deps.world, call);
    }
    return forward();
  };

const modifyInterface =
  ({ world }: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const answer = await forward();
    const check = booleanOf(call.params, 'SourceDestCheck');
    if (!succeeded(answer) || check === undefined) return answer;
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const interfaces = await lookup.interfaces(
      call,
      filterBy('network-interface-id', textOf(call.params, 'NetworkInterfaceId')),
    );
    for (const { Attachment } of interfaces) {
      if (!Attachment?.InstanceId) continue;
      await ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId: Attachment.InstanceId, SourceDestCheck: { Value: check } }),
      );
    }
    return answer;
  };

/** An interface that is attached stays. */
const deleteInterface =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    await settleInstances(deps, call);
    const id = textOf(call.params, 'NetworkInterfaceId');
    const [found] = await lookup.interfaces(call, filterBy('network-interface-id', id));
    if (found?.Attachment?.InstanceId) {
      throw new AwsError('InvalidParameterValue', `Network interface '${id}' is currently in use.`);
    }
    return forward();
  };

/** Options that the call does not name stay; moto puts them back to their defaults. */
const modifyMetadata =
  ({ world }: Ec2Deps): Rule =>
  async (call, forward) => {
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const id = textOf(call.params, 'InstanceId');
    const { Reservations = [] } = await ec2.send(
      new DescribeInstancesCommand({ Filters: filterBy('instance-id', id) }),
    );
    const { State: _, ...known } = Reservations[0]?.Instances?.[0]?.MetadataOptions ?? {};
    return forward({ params: { ...known, ...call.params } });
  };
