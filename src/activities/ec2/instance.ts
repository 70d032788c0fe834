/**
 * An instance that others' traffic passes: made with a client token, started again where it was stopped. Its type, image
 * and user data are those of its birth.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
 */
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  type Filter,
  type Instance,
  RunInstancesCommand,
  StartInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { isOwnedBy, kindTag, type Made, mayRemove, type Removal, RUN_TAG, tagsOf } from '#domain/core/ownership.ts';
import type { InstanceSpec } from '#domain/resources/instance.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { createWithToken } from './client-token.ts';
import { deathOf, isDead } from './instance-death.ts';
import { convergeInstance, partsOf } from './instance-properties.ts';
import { remainingByTag } from './remaining.ts';
import { findSubnets } from './subnet.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::Instance';

const ALIVE = ['pending', 'running', 'stopping', 'stopped'];

interface Parts {
  readonly subnetId: string;
  readonly groupId: string;
  readonly imageId: string;
}

export const findInstances = (ec2: Ec2, Filters: Filter[]): Promise<Instance[]> =>
  collect(async (NextToken) => {
    const { Reservations = [], NextToken: next } = await ec2.send(new DescribeInstancesCommand({ Filters, NextToken }));
    return { items: Reservations.flatMap(({ Instances = [] }) => Instances), next };
  });

export const instanceActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const ensure = async (spec: InstanceSpec, parts: Parts): Promise<{ made: Made[]; instanceId: string }> => {
    const { owner, name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const found = await findUsable(ec2, spec, await vpcOf(parts.subnetId, spec));
    const instance = found ?? (await create(ec2, spec, parts));
    const instanceId = instance.InstanceId ?? '';
    const made: Made = found
      ? await adoptTagged(ec2, { type: TYPE, id: instanceId, name, tags: instance.Tags }, spec)
      : { type: TYPE, id: instanceId, name, origin: 'created' };
    await convergeInstance(ec2, instance, { owner, groupId: parts.groupId });
    await start(ec2, instance);
    return { made: [made, ...partsOf(instance, made)], instanceId };
  };

  const vpcOf = async (subnetId: string, spec: InstanceSpec): Promise<string> => {
    const [subnet] = await findSubnets(deps.aws.ec2(spec.account), filters({ 'subnet-id': subnetId }));
    if (subnet?.VpcId) return subnet.VpcId;
    throw lookAgain(`subnet ${subnetId} is not visible yet`, deps);
  };

  const create = (ec2: Ec2, spec: InstanceSpec, parts: Parts): Promise<Instance> =>
    createWithToken({
      deps,
      what: `instance ${spec.name}`,
      token: [spec.owner, 'instance', spec.name],
      idOf: ({ InstanceId }) => InstanceId,
      create: (token) => run(ec2, spec, parts, token),
      async isVisible({ InstanceId = '' }) {
        const [instance] = await findInstances(ec2, filters({ 'instance-id': InstanceId }));
        const death = instance && deathOf(instance);
        if (death) throw death; // the next one would end for the same reason
        return instance !== undefined && !isDead(instance);
      },
    });

  const start = async (ec2: Ec2, { InstanceId = '', State }: Instance): Promise<void> => {
    if (State?.Name === 'stopping') throw lookAgain(`instance ${InstanceId} is stopping; it is started then`, deps);
    if (State?.Name === 'stopped') await ec2.send(new StartInstancesCommand({ InstanceIds: [InstanceId] }));
  };

  return {
    /** @throws Conflict; QuotaExceeded; Invalid where EC2 ends it at its start; NotYet while a stopped one is on its way down. */
    ensureInstance: (spec: InstanceSpec, subnetId: string, groupId: string, imageId: string) =>
      whenVisible(`instance ${spec.name}`, deps, () => ensure(spec, { subnetId, groupId, imageId })),

    async terminateInstance(spec: InstanceSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const found = await findOwn(ec2, spec);
      if (found.length === 0) return believeAbsent(`instance ${spec.name}`, removal, deps);
      const InstanceIds = found
        .filter(({ Tags, State }) => mayRemove(tagsOf(Tags), spec.owner, removal) && ALIVE.includes(State?.Name ?? ''))
        .map(({ InstanceId }) => InstanceId ?? '');
      if (InstanceIds.length > 0) await ec2.send(new TerminateInstancesCommand({ InstanceIds })).catch(ignoreNotFound);
    },

    /** One look. @throws NotYet until none is left that the removal takes. */
    async awaitInstanceTerminated(spec: InstanceSpec, removal: Removal): Promise<void> {
      const left = (await findOwn(deps.aws.ec2(spec.account), spec)).find(
        ({ Tags, State }) => mayRemove(tagsOf(Tags), spec.owner, removal) && State?.Name !== 'terminated',
      );
      if (left) throw lookAgain(`instance ${left.InstanceId} is ${left.State?.Name ?? 'still there'}`, deps);
    },

    async findRemainingInstances(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        {
          find: (Filters) =>
            findInstances(ec2, [...Filters, ...filters({ 'instance-state-name': [...ALIVE, 'shutting-down'] })]),
          name: ({ InstanceId: id }) => ({ id }),
        },
        spec,
        by,
      );
    },
  };
};

/** Ours by tag, or else the one of the name. @throws Conflict for several of those. */
const findUsable = async (ec2: Ec2, { name, owner }: InstanceSpec, vpcId: string): Promise<Instance | undefined> => {
  const named = await findInstances(ec2, filters({ 'vpc-id': vpcId, 'tag:Name': name, 'instance-state-name': ALIVE }));
  const ours = named.filter(({ Tags }) => isOwnedBy(tagsOf(Tags), owner));
  if (ours.length === 0 && named.length > 1) {
    throw fail(
      'Conflict',
      `several instances are called ${name}: ${named.map(({ InstanceId }) => InstanceId).join(', ')}`,
    );
  }
  return ours.toSorted((one, other) => Number(one.LaunchTime ?? 0) - Number(other.LaunchTime ?? 0))[0] ?? named[0];
};

/**
 * The owner's instances. A terminated one shows for an hour: this launch's own proves that what it made is gone,
 * another's proves nothing.
 */
const findOwn = async (ec2: Ec2, { name, owner }: InstanceSpec): Promise<Instance[]> => {
  const found = await findInstances(ec2, filters({ [`tag:${kindTag(owner.kind)}`]: owner.id, 'tag:Name': name }));
  return found.filter(({ Tags, State }) => State?.Name !== 'terminated' || tagsOf(Tags)[RUN_TAG] === owner.run);
};

const run = async (ec2: Ec2, spec: InstanceSpec, parts: Parts, ClientToken: string): Promise<Instance> => {
  const { owner, tags } = spec;
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [parts.imageId] }));
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ClientToken,
      ImageId: parts.imageId,
      InstanceType: spec.instanceType as NonNullable<Instance['InstanceType']>,
      MinCount: 1,
      MaxCount: 1,
      UserData: Buffer.from(spec.userData).toString('base64'),
      MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
      BlockDeviceMappings: [
        {
          DeviceName: Images[0]?.RootDeviceName ?? '/dev/xvda',
          Ebs: { Encrypted: true, DeleteOnTermination: true, VolumeType: 'gp3' },
        },
      ],
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          SubnetId: parts.subnetId,
          Groups: [parts.groupId],
          AssociatePublicIpAddress: true,
          DeleteOnTermination: true,
        },
      ],
      TagSpecifications: (['instance', 'volume', 'network-interface'] as const).flatMap((type) =>
        tagsAtCreation(type, { owner, tags }),
      ),
    }),
  );
  return Instances[0] ?? {};
};
