/**
 * The public address of a NAT gateway. Allocating has no client token: it is made under an intent, and found by its
 * tags.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AllocateAddress.html
 */
import {
  type Address,
  AllocateAddressCommand,
  DescribeAddressesCommand,
  ReleaseAddressCommand,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { fail } from '#domain/core/failures.ts';
import { runIntent } from '#domain/core/intent.ts';
import {
  isForeign,
  isOwnedBy,
  kindTag,
  type Made,
  mayRemove,
  type Removal,
  RUN_TAG,
  tagsOf,
} from '#domain/core/ownership.ts';
import type { ElasticIpSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { createOnce, removeOnce } from '../shared/create-once.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::EIP';

export const elasticIpActivities = (deps: Pick<ActivityDeps, 'aws' | 'control' | 'timing'>) => {
  const create = async (ec2: Ec2, spec: ElasticIpSpec): Promise<Address> => {
    const TagSpecifications = tagsAtCreation('elastic-ip', spec);
    return await ec2.send(new AllocateAddressCommand({ Domain: 'vpc', TagSpecifications }));
  };

  const ensure = async (spec: ElasticIpSpec): Promise<{ made: Made; allocationId: string }> => {
    const { owner, name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const { item, created } = await createOnce({
      deps,
      intent: runIntent(spec.owner, 'elastic-ip'),
      what: `Elastic IP address ${name}`,
      find: () => findUsable(ec2, spec),
      create: () => create(ec2, spec),
      removeExtra: async (extra) => {
        if (tagsOf(extra.Tags)[RUN_TAG] === owner.run) await release(ec2, extra);
      },
    });
    const allocationId = item.AllocationId ?? '';
    const existing = { type: TYPE, id: allocationId, name, tags: item.Tags };
    const made: Made = created
      ? { type: TYPE, id: allocationId, name, origin: 'created' }
      : await adoptTagged(ec2, existing, spec);
    return { made, allocationId };
  };

  return {
    /**
     * One that carries the name and tags already is adopted, so that a workspace can have an address that others know.
     * @throws Conflict; QuotaExceeded; NotYet while an earlier call may have made it.
     */
    ensureElasticIp: (spec: ElasticIpSpec) => whenVisible(`Elastic IP address ${spec.name}`, deps, () => ensure(spec)),

    /** @throws NotYet while it is in use, or a create may not be visible yet. */
    async releaseElasticIp(spec: ElasticIpSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      await removeOnce({
        deps,
        intent: runIntent(spec.owner, 'elastic-ip'),
        what: `Elastic IP address ${spec.name}`,
        removal,
        find: () => findOwn(ec2, spec),
        mayRemove: ({ Tags }) => mayRemove(tagsOf(Tags), spec.owner, removal),
        remove: (address) => release(ec2, address),
      });
    },

    findRemainingElasticIps: (spec: Spec, by: Removal['by']): Promise<Remaining[]> =>
      remainingByTag(
        {
          find: async (Filters) =>
            (await deps.aws.ec2(spec.account).send(new DescribeAddressesCommand({ Filters }))).Addresses ?? [],
          name: ({ AllocationId: id }) => ({ id }),
        },
        spec,
        by,
      ),
  };
};

/** All pages: this list has one only. */
const findAddresses = async (ec2: Ec2, wanted: Readonly<Record<string, string>>): Promise<Address[]> =>
  (await ec2.send(new DescribeAddressesCommand({ Filters: filters(wanted) }))).Addresses ?? [];

const findOwn = async (ec2: Ec2, { owner }: ElasticIpSpec): Promise<Address[]> => {
  const tagged = await findAddresses(ec2, { [`tag:${kindTag(owner.kind)}`]: owner.id });
  return tagged.filter(({ Tags }) => !isForeign(tagsOf(Tags), owner)).toSorted(inUseFirst);
};

/** Ours by tag, or the one of the name. @throws Conflict where several have it. */
const findUsable = async (ec2: Ec2, spec: ElasticIpSpec): Promise<Address[]> => {
  const own = await findOwn(ec2, spec);
  if (own.length > 0) return own;
  const named = await findAddresses(ec2, { 'tag:Name': spec.name });
  // The first look may have been too early for ours, and this one just late enough.
  const late = named.filter(({ Tags }) => isOwnedBy(tagsOf(Tags), spec.owner));
  if (late.length > 0) return late.toSorted(inUseFirst);
  if (named.length <= 1) return named;
  const ids = named.map(({ AllocationId }) => AllocationId).join(', ');
  throw fail('Conflict', `several Elastic IP addresses are called ${spec.name}: ${ids}. Rename all but one`);
};

/** One that a gateway has is kept; else always the same order. */
const inUseFirst = (one: Address, other: Address): number =>
  Number(other.AssociationId !== undefined) - Number(one.AssociationId !== undefined) ||
  (String(one.AllocationId) < String(other.AllocationId) ? -1 : 1);

const release = async (ec2: Ec2, { AllocationId }: Address): Promise<void> => {
  await ec2.send(new ReleaseAddressCommand({ AllocationId })).catch(ignoreNotFound);
};
