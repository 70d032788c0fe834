/**
 * Mount targets: one in each zone of one VPC, only one and in its zone for One Zone; each is an interface in its subnet,
 * which stays for a while after the delete has been answered.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_DeleteMountTarget.html
 */
import type { SecurityGroup, Subnet } from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { listOf, textOf } from '../../core/params.ts';
import { EC2 } from '../ec2/contract.ts';
import type { EfsDeps } from './context.ts';
import { pageOf } from './pages.ts';
import {
  badRequest,
  efsError,
  type FileSystem,
  incorrectState,
  type MountTarget,
  mountTargetsOf,
  mustFindFileSystem,
  mustFindMountTarget,
  newId,
  type Regional,
  stateOf,
} from './state.ts';

const AVAILABLE_AFTER_MS = 70_000;
const GONE_AFTER_MS = 45_000;
const SPREAD = 0.3;
const GROUPS_MAX = 100;
const REQUESTER = 'amazon-elasticfilesystem';

export const mountTargetRules = (deps: EfsDeps): Record<string, Rule> => ({
  CreateMountTarget: (call, forward) => deps.serial(call.account, () => create(deps)(call, forward)),
  DescribeMountTargets: describe(deps),
  DescribeMountTargetSecurityGroups: describeGroups(deps),
  ModifyMountTargetSecurityGroups: changeGroups(deps),
  DeleteMountTarget: remove(deps),
});

/** @throws AwsError SecurityGroupLimitExceeded, SecurityGroupNotFound */
const groupsOf = async ({ world }: EfsDeps, call: Call, vpcId: string): Promise<string[]> => {
  const ids = listOf(call.params, 'SecurityGroups').map(String);
  if (ids.length > GROUPS_MAX) {
    throw efsError('SecurityGroupLimitExceeded', `At most ${GROUPS_MAX} security groups can be given.`, 400);
  }
  const found: SecurityGroup[] = await world.service(EC2).securityGroups(call, ids, vpcId);
  const there = found.filter((group) => group.VpcId === vpcId).map(({ GroupId }) => String(GroupId));
  const missing = ids.find((id) => !there.includes(id));
  if (missing) throw efsError('SecurityGroupNotFound', `The security group ID '${missing}' does not exist`, 400);
  return there;
};

const checkPlace = (at: Regional, fileSystem: FileSystem, { VpcId, AvailabilityZone }: Subnet): void => {
  const { zone, id } = fileSystem;
  if (zone && zone !== AvailabilityZone) {
    const text = `The file system '${id}' is in ${zone}, the subnet is in ${AvailabilityZone}.`;
    throw efsError('AvailabilityZonesMismatch', text, 400);
  }
  const others = mountTargetsOf(at, id);
  if (others.some((each) => each.zone === AvailabilityZone)) {
    throw efsError('MountTargetConflict', 'mount target already exists in this AZ', 409);
  }
  if (others.some((each) => each.vpcId !== VpcId)) {
    throw efsError(
      'MountTargetConflict',
      'requested subnet for new mount target is not in the same VPC as existing mount targets',
      409,
    );
  }
};

const create =
  (deps: EfsDeps): Rule =>
  async (call) => {
    const { world, store } = deps;
    const fileSystem = mustFindFileSystem(store.of(call), textOf(call.params, 'FileSystemId'));
    const state = stateOf(fileSystem, world.now());
    if (state !== 'available') throw incorrectState(fileSystem.id, state);
    const ec2 = world.service(EC2);
    const subnetId = textOf(call.params, 'SubnetId');
    const [subnet] = await ec2.subnets(call, [subnetId]);
    if (!subnet) throw efsError('SubnetNotFound', `The subnet ID '${subnetId}' does not exist`, 400);
    const vpcId = String(subnet.VpcId);
    const securityGroupIds = await groupsOf(deps, call, vpcId);
    checkPlace(store.of(call), fileSystem, subnet);
    const id = newId('fsmt');
    const zone = String(subnet.AvailabilityZone);
    const made: MountTarget = {
      id,
      fileSystemId: fileSystem.id,
      subnetId,
      vpcId,
      zone,
      zoneId: String(subnet.AvailabilityZoneId),
      securityGroupIds,
      ...(await interfaceOf(deps, call, { id, fileSystemId: fileSystem.id, subnetId, securityGroupIds })),
      availableAt: world.now() + world.delay(AVAILABLE_AFTER_MS, SPREAD),
      goneAt: undefined,
    };
    store.of(call).mountTargets.set(id, made);
    return world.answer(call, shown(deps, call, made));
  };

const interfaceOf = async (
  { world }: EfsDeps,
  call: Call,
  { id, fileSystemId, ...place }: Pick<MountTarget, 'id' | 'fileSystemId' | 'subnetId' | 'securityGroupIds'>,
): Promise<Pick<MountTarget, 'interfaceId' | 'address'>> => {
  const description = `EFS mount target for ${fileSystemId} (${id})`;
  const made = await world.service(EC2).createInterface(call, { ...place, description, requester: REQUESTER });
  return { interfaceId: made.id, address: made.privateIp };
};

const shown = ({ world }: EfsDeps, { account }: { account: string }, one: MountTarget): Record<string, unknown> => ({
  OwnerId: account,
  MountTargetId: one.id,
  FileSystemId: one.fileSystemId,
  SubnetId: one.subnetId,
  LifeCycleState: stateOf(one, world.now()),
  IpAddress: one.address,
  NetworkInterfaceId: one.interfaceId,
  AvailabilityZoneId: one.zoneId,
  AvailabilityZoneName: one.zone,
  VpcId: one.vpcId,
});

const describe =
  (deps: EfsDeps): Rule =>
  async (call) => {
    const at = deps.store.of(call);
    const fileSystemId = textOf(call.params, 'FileSystemId');
    const mountTargetId = textOf(call.params, 'MountTargetId');
    if (Boolean(fileSystemId) === Boolean(mountTargetId)) {
      throw badRequest('Specify exactly one of FileSystemId, MountTargetId and AccessPointId.');
    }
    const found = mountTargetId
      ? [mustFindMountTarget(at, call)]
      : mountTargetsOf(at, mustFindFileSystem(at, fileSystemId).id);
    const { page, ...more } = pageOf(found, call);
    return deps.world.answer(call, { ...more, MountTargets: page.map((each) => shown(deps, call, each)) });
  };

/** @throws AwsError IncorrectMountTargetState for one on its way out or not there yet. */
const mustFindAvailable = ({ world, store }: EfsDeps, call: Call): MountTarget => {
  const found = mustFindMountTarget(store.of(call), call);
  const state = stateOf(found, world.now());
  if (state === 'available') return found;
  throw efsError('IncorrectMountTargetState', `Mount target '${found.id}' is in life cycle state '${state}'.`, 409);
};

const describeGroups =
  (deps: EfsDeps): Rule =>
  async (call) => {
    const { securityGroupIds } = mustFindAvailable(deps, call);
    return deps.world.answer(call, { SecurityGroups: securityGroupIds });
  };

const changeGroups =
  (deps: EfsDeps): Rule =>
  async (call) => {
    const found = mustFindAvailable(deps, call);
    const groups = await groupsOf(deps, call, found.vpcId);
    await deps.world.service(EC2).changeInterfaceGroups(call, found.interfaceId, groups);
    found.securityGroupIds = groups;
    return deps.world.answer(call, {});
  };

const remove =
  ({ world, store }: EfsDeps): Rule =>
  async (call) => {
    const found = mustFindMountTarget(store.of(call), call);
    if (found.goneAt === undefined) {
      found.goneAt = world.now() + world.delay(GONE_AFTER_MS, SPREAD);
      world.service(EC2).releaseInterface(call, found.interfaceId, found.goneAt);
    }
    return world.answer(call, {});
  };
