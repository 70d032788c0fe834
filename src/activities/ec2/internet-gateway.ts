/**
 * The internet gateway of the VPC: made under an intent like the VPC itself, then attached. Found by its attachment
 * first, so that one that was made and attached by anybody is never doubled.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html
 */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DescribeInternetGatewaysCommand,
  DetachInternetGatewayCommand,
  type Filter,
  type InternetGateway,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { runIntent } from '#domain/core/intent.ts';
import { isForeign, kindTag, type Made, mayRemove, type Removal, RUN_TAG, tagsOf } from '#domain/core/ownership.ts';
import type { InternetGatewaySpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { createOnce, removeOnce } from '../shared/create-once.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { removeWithBlockers } from './blockers.ts';
import { type Ec2, filters } from './client.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';

const TYPE = 'AWS::EC2::InternetGateway';

const findInternetGateways = (ec2: Ec2, Filters: Filter[]): Promise<InternetGateway[]> =>
  collect(async (NextToken) => {
    const answer = await ec2.send(new DescribeInternetGatewaysCommand({ Filters, NextToken }));
    return { items: answer.InternetGateways, next: answer.NextToken };
  });

export const internetGatewayActivities = (deps: Pick<ActivityDeps, 'aws' | 'control' | 'timing'>) => {
  const create = async (ec2: Ec2, spec: InternetGatewaySpec): Promise<InternetGateway> => {
    const TagSpecifications = tagsAtCreation('internet-gateway', spec);
    const { InternetGateway: made } = await ec2.send(new CreateInternetGatewayCommand({ TagSpecifications }));
    return made ?? {};
  };

  const ensure = async (spec: InternetGatewaySpec, vpcId: string): Promise<{ made: Made; gatewayId: string }> => {
    const { owner, name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const { item, created } = await createOnce({
      deps,
      intent: runIntent(spec.owner, 'internet-gateway'),
      what: `internet gateway ${name}`,
      find: () => findUsable(ec2, spec, vpcId),
      create: () => create(ec2, spec),
      removeExtra: async (extra) => {
        if (tagsOf(extra.Tags)[RUN_TAG] === owner.run) await remove(ec2, extra);
      },
    });
    const gatewayId = item.InternetGatewayId ?? '';
    const existing = { type: TYPE, id: gatewayId, name, tags: item.Tags };
    const made: Made = created
      ? { type: TYPE, id: gatewayId, name, origin: 'created' }
      : await adoptTagged(ec2, existing, spec);
    if (!isAttachedTo(item, vpcId)) {
      await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId }));
    }
    return { made, gatewayId };
  };

  return {
    /** Made and attached. @throws Conflict where the VPC has somebody else's; QuotaExceeded; NotYet. */
    ensureInternetGateway: (spec: InternetGatewaySpec, vpcId: string) =>
      whenVisible(`internet gateway ${spec.name}`, deps, () => ensure(spec, vpcId)),

    /** Detached, then deleted. @throws NotYet while public addresses still use it. */
    async deleteInternetGateway(spec: InternetGatewaySpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      await removeOnce({
        deps,
        intent: runIntent(spec.owner, 'internet-gateway'),
        what: `internet gateway ${spec.name}`,
        removal,
        find: () => findOwn(ec2, spec),
        mayRemove: ({ Tags }) => mayRemove(tagsOf(Tags), spec.owner, removal),
        remove: (gateway) => {
          const { owner } = spec;
          const vpcId = gateway.Attachments?.[0]?.VpcId ?? '';
          const what = `internet gateway ${gateway.InternetGatewayId}`;
          return removeWithBlockers({ ec2, deps, owner, removal, what, vpcId }, () => remove(ec2, gateway));
        },
      });
    },

    async findRemainingInternetGateways(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        { find: (Filters) => findInternetGateways(ec2, Filters), name: ({ InternetGatewayId: id }) => ({ id }) },
        spec,
        by,
      );
    },
  };
};

const isAttachedTo = ({ Attachments = [] }: InternetGateway, vpcId: string): boolean =>
  Attachments.some(({ VpcId }) => VpcId === vpcId);

const findOwn = async (ec2: Ec2, { owner }: InternetGatewaySpec): Promise<InternetGateway[]> => {
  const tagged = await findInternetGateways(ec2, filters({ [`tag:${kindTag(owner.kind)}`]: owner.id }));
  return tagged
    .filter(({ Tags }) => !isForeign(tagsOf(Tags), owner))
    .toSorted((one, other) => (String(one.InternetGatewayId) < String(other.InternetGatewayId) ? -1 : 1));
};

/** The VPC's, whoever made it; then those of ours that hang on no VPC. One that serves another VPC is no use. */
const findUsable = async (ec2: Ec2, spec: InternetGatewaySpec, vpcId: string): Promise<InternetGateway[]> => {
  const attached = await findInternetGateways(ec2, filters({ 'attachment.vpc-id': vpcId }));
  const ids = new Set(attached.map(({ InternetGatewayId }) => InternetGatewayId));
  // A list that lags behind the first may still show its gateway as loose.
  const loose = (await findOwn(ec2, spec)).filter(
    ({ InternetGatewayId, Attachments = [] }) => Attachments.length === 0 && !ids.has(InternetGatewayId),
  );
  return [...attached, ...loose];
};

const remove = async (ec2: Ec2, { InternetGatewayId, Attachments = [] }: InternetGateway): Promise<void> => {
  for (const { VpcId } of Attachments) {
    await ec2.send(new DetachInternetGatewayCommand({ InternetGatewayId, VpcId })).catch(ignoreNotFound);
  }
  await ec2.send(new DeleteInternetGatewayCommand({ InternetGatewayId })).catch(ignoreNotFound);
};
