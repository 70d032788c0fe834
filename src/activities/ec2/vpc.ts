/**
 * A VPC. It has neither a unique name nor a client token: it is made under an intent, and found by
 * its tags.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpc.html
 */

import {
  CreateVpcCommand,
  DeleteVpcCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcsCommand,
  type Filter,
  ModifyVpcAttributeCommand,
  type Vpc,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { tell } from '#domain/core/commands.ts';
import { fail } from '#domain/core/failures.ts';
import { runIntent } from '#domain/core/intent.ts';
import {
  isForeign,
  isOwnedBy,
  kindTag,
  type Made,
  mayRemove,
  type Owner,
  type Removal,
  RUN_TAG,
  subjectOf,
  type Tags,
  tagsOf,
} from '#domain/core/ownership.ts';
import type { VpcSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { isAdoptable } from '../shared/adopt.ts';
import { createOnce, removeOnce } from '../shared/create-once.ts';
import { lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { removeWithBlockers } from './blockers.ts';
import { type Ec2, filters } from './client.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::VPC';

export const findVpcs = (ec2: Ec2, Filters: Filter[]): Promise<Vpc[]> =>
  collect(async (NextToken) => {
    const { Vpcs, NextToken: next } = await ec2.send(new DescribeVpcsCommand({ Filters, NextToken }));
    return { items: Vpcs, next };
  });

/** The VPCs that carry the owner's tag, whoever made them. There is one, but for moments after a lost answer. */
export const findOwnVpcs = async (ec2: Ec2, { owner }: VpcSpec): Promise<Vpc[]> => {
  const tagged = await findVpcs(ec2, filters({ [`tag:${kindTag(owner.kind)}`]: owner.id }));
  return tagged.filter(({ Tags }) => !isForeign(tagsOf(Tags), owner)).toSorted(byAge);
};

export const vpcActivities = (deps: Pick<ActivityDeps, 'aws' | 'control' | 'timing'>) => {
  const create = async (ec2: Ec2, spec: VpcSpec): Promise<Vpc> => {
    const TagSpecifications = tagsAtCreation('vpc', spec);
    const { Vpc: made } = await ec2.send(new CreateVpcCommand({ CidrBlock: spec.cidr, TagSpecifications }));
    return made ?? {};
  };

  const remove = async (ec2: Ec2, { VpcId }: Vpc): Promise<void> => {
    await ec2.send(new DeleteVpcCommand({ VpcId })).catch(ignoreNotFound);
  };

  const ensure = async (spec: VpcSpec): Promise<{ made: Made; vpcId: string }> => {
    const { owner, name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const { item, created } = await createOnce({
      deps,
      intent: runIntent(spec.owner, 'vpc'),
      what: `VPC ${name}`,
      find: () => findUsable(ec2, spec),
      create: () => create(ec2, spec),
      removeExtra: async (extra) => {
        if (tagsOf(extra.Tags)[RUN_TAG] === owner.run) await remove(ec2, extra);
      },
    });
    const vpcId = item.VpcId ?? '';
    const existing = { type: TYPE, id: vpcId, name, tags: item.Tags };
    const made: Made = created
      ? { type: TYPE, id: vpcId, name, origin: 'created' }
      : await adoptTagged(ec2, existing, spec);
    await convergeDns(ec2, vpcId);
    return { made, vpcId };
  };

  return {
    /** With DNS support and host names. @throws Conflict; QuotaExceeded; NotYet while an earlier call may have made it. */
    ensureVpc: (spec: VpcSpec) => whenVisible(`VPC ${spec.name}`, deps, () => ensure(spec)),

    /** One look. @throws NotYet until it is available. */
    async awaitVpcAvailable(spec: VpcSpec, vpcId: string): Promise<void> {
      const [vpc] = await findVpcs(deps.aws.ec2(spec.account), filters({ 'vpc-id': vpcId }));
      if (vpc?.State === 'available') return;
      throw lookAgain(`VPC ${vpcId} is ${vpc?.State ?? 'not visible yet'}`, deps);
    },

    /** @throws NotYet while something in it is still there, or a create may not be visible yet. */
    async deleteVpc(spec: VpcSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      await removeOnce({
        deps,
        intent: runIntent(spec.owner, 'vpc'),
        what: `VPC ${spec.name}`,
        removal,
        find: () => findOwnVpcs(ec2, spec),
        mayRemove: ({ Tags }) => mayRemove(tagsOf(Tags), spec.owner, removal),
        remove: (vpc) => {
          const { owner } = spec;
          const vpcId = vpc.VpcId ?? '';
          return removeWithBlockers({ ec2, deps, owner, removal, what: `VPC ${vpcId}`, vpcId }, () => remove(ec2, vpc));
        },
      });
    },

    /** One look. @throws NotYet while one is left that the removal takes. */
    async awaitVpcGone(spec: VpcSpec, removal: Removal): Promise<void> {
      const vpcs = await findOwnVpcs(deps.aws.ec2(spec.account), spec);
      const left = vpcs.find(({ Tags }) => mayRemove(tagsOf(Tags), spec.owner, removal));
      if (left) throw lookAgain(`VPC ${left.VpcId} is still there`, deps);
    },

    async findRemainingVpcs(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        { find: (Filters) => findVpcs(ec2, Filters), name: ({ VpcId: id }) => ({ id }) },
        spec,
        by,
      );
    },
  };
};

/** Always the same order, so that all tries keep the same one. */
const byAge = (one: Vpc, other: Vpc): number => (String(one.VpcId) < String(other.VpcId) ? -1 : 1);

/** Ours by tag, or else the one to be adopted. @throws Conflict for several, or anybody else's; DisposeFirst. */
const findUsable = async (ec2: Ec2, spec: VpcSpec): Promise<Vpc[]> => {
  const own = await findOwnVpcs(ec2, spec);
  if (own.length > 0) return checkedOwn(own, spec);
  const named = await findVpcs(ec2, filters({ 'tag:Name': spec.name }));
  // The first look may have been too early for ours, and this one just late enough.
  const late = named.filter(({ Tags }) => isOurs(tagsOf(Tags), spec.owner)).toSorted(byAge);
  return late.length > 0 ? checkedOwn(late, spec) : adoptableOf(named, spec);
};

const isOurs = (tags: Tags, owner: Owner): boolean => isOwnedBy(tags, owner) && !isForeign(tags, owner);

/** What an earlier launch made comes before what this one made: other things hang on it. */
const checkedOwn = (own: readonly Vpc[], { owner, name, cidr }: VpcSpec): Vpc[] => {
  const isNew = ({ Tags }: Vpc): boolean => tagsOf(Tags)[RUN_TAG] === owner.run;
  const ours = [...own.filter((vpc) => !isNew(vpc)), ...own.filter(isNew)];
  const [first] = ours;
  if (first?.CidrBlock === cidr) return ours;
  throw fail(
    'DisposeFirst',
    `VPC ${first?.VpcId} (${name}) has the range ${first?.CidrBlock}, not ${cidr}: ${tell('remove', subjectOf(owner))} first`,
  );
};

/** Of those that bear the name and are not ours. */
const adoptableOf = (named: readonly Vpc[], { owner, name, cidr, adoptable }: VpcSpec): Vpc[] => {
  const left = named.filter(
    ({ Tags, CidrBlock }) =>
      CidrBlock === cidr && isAdoptable({ tags: tagsOf(Tags) }, adoptable) && !isForeign(tagsOf(Tags), owner),
  );
  if (left.length > 1) {
    const ids = left.map(({ VpcId }) => VpcId).join(', ');
    throw fail(
      'Conflict',
      `several VPCs are called ${name}: ${ids}. Tag the right one ${kindTag(owner.kind)}=${owner.id}`,
    );
  }
  if (left.length === 0 && named.length > 0) {
    const ids = named.map(({ VpcId, CidrBlock }) => `${VpcId} (${CidrBlock})`).join(', ');
    throw fail('Conflict', `the name ${name} is taken by VPC ${ids}, which is not of this ${owner.kind}`);
  }
  return left;
};

const convergeDns = async (ec2: Ec2, VpcId: string): Promise<void> => {
  const support = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsSupport' }));
  if (support.EnableDnsSupport?.Value !== true) {
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsSupport: { Value: true } }));
  }
  const hostnames = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' }));
  if (hostnames.EnableDnsHostnames?.Value !== true) {
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
  }
};
