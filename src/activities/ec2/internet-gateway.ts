/**
 * The internet gateway of the VPC: made under an intent like the VPC itself, then attached. Found by its attachment
 * first, so that one that was made and attached by anybody is never doubled.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateInternetGateway.html
 */
import {
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  DeleteInternetGatewayCommand,
  DetachInternetGatewayCommand,
  type InternetGateway,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound } from '#aws/errors.ts';
import { isForeign, kindTag, type Made, mayRemove, type Removal, RUN_TAG, tagsOf } from '#domain/core/ownership.ts';
import type { NetworkSpec, Spec } from '#domain/workspace/specs.ts';
import { createOnce, removeOnce } from '../create-once.ts';
import type { ActivityDeps } from '../deps.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../visible.ts';
import { removeWithBlockers } from './blockers.ts';
import { carries, claim, tagsAtCreation } from './claim.ts';
import { type Ec2, filters, findInternetGateways } from './find.ts';
import { remainingByTag } from './remaining.ts';

const TYPE = 'AWS::EC2::InternetGateway';

export const internetGatewayActivities = (deps: Pick<ActivityDeps, 'aws' | 'control' | 'timing'>) => {
  const intentKey = ({ owner }: NetworkSpec): string => `${owner.id}/${owner.run}/internet-gateway`;

  const create = async (ec2: Ec2, { owner, gateway }: NetworkSpec): Promise<InternetGateway> => {
    const TagSpecifications = tagsAtCreation('internet-gateway', { owner, tags: gateway.tags });
    const { InternetGateway: made } = await ec2.send(new CreateInternetGatewayCommand({ TagSpecifications }));
    return made ?? {};
  };

  const ensure = async (spec: NetworkSpec, vpcId: string): Promise<{ made: Made; gatewayId: string }> => {
    const { owner, gateway } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const { item, created } = await createOnce({
      deps,
      intentKey: intentKey(spec),
      what: `internet gateway ${gateway.name}`,
      find: () => findUsable(ec2, spec, vpcId),
      create: () => create(ec2, spec),
      removeExtra: async (extra) => {
        if (tagsOf(extra.Tags)[RUN_TAG] === owner.run) await remove(ec2, extra);
      },
    });
    const gatewayId = item.InternetGatewayId ?? '';
    const existing = { type: TYPE, id: gatewayId, name: gateway.name, tags: item.Tags };
    const made: Made = created
      ? { type: TYPE, id: gatewayId, name: gateway.name, origin: 'created' }
      : await claim(ec2, existing, { owner, tags: gateway.tags, isHatcherys: carries(item.Tags, gateway.tags) });
    if (!isAttachedTo(item, vpcId)) {
      await ec2.send(new AttachInternetGatewayCommand({ InternetGatewayId: gatewayId, VpcId: vpcId }));
    }
    return { made, gatewayId };
  };

  return {
    /** Made and attached. @throws Conflict where the VPC has somebody else's; QuotaExceeded; NotYet. */
    ensureInternetGateway: (spec: NetworkSpec, vpcId: string) =>
      whenVisible(`internet gateway ${spec.gateway.name}`, deps, () => ensure(spec, vpcId)),

    /** Detached, then deleted. @throws NotYet while public addresses still use it. */
    async deleteInternetGateway(spec: NetworkSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      await removeOnce({
        deps,
        intentKey: intentKey(spec),
        what: `internet gateway ${spec.gateway.name}`,
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

const findOwn = async (ec2: Ec2, { owner }: NetworkSpec): Promise<InternetGateway[]> => {
  const tagged = await findInternetGateways(ec2, filters({ [`tag:${kindTag(owner.kind)}`]: owner.id }));
  return tagged
    .filter(({ Tags }) => !isForeign(tagsOf(Tags), owner))
    .toSorted((one, other) => (String(one.InternetGatewayId) < String(other.InternetGatewayId) ? -1 : 1));
};

/** The VPC's, whoever made it; then those of ours that hang on no VPC. One that serves another VPC is no use. */
const findUsable = async (ec2: Ec2, spec: NetworkSpec, vpcId: string): Promise<InternetGateway[]> => {
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
