/**
 * Route tables, their associations and default routes.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html
 */
import {
  AssociateRouteTableCommand,
  CreateRouteTableCommand,
  DeleteRouteTableCommand,
  DescribeRouteTablesCommand,
  DisassociateRouteTableCommand,
  type Filter,
  ReplaceRouteTableAssociationCommand,
  type RouteTable,
} from '@aws-sdk/client-ec2';
import { ignoreNotFound, isAwsCode } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import type { Before } from '#domain/core/before.ts';
import { fail } from '#domain/core/failures.ts';
import { isOwnedBy, type Made, mayRemove, type Removal, tagsOf } from '#domain/core/ownership.ts';
import type { RouteTableSpec, VpcSpec } from '#domain/resources/network.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import type { Remaining } from '../shared/remaining.ts';
import { whenVisible } from '../shared/visible.ts';
import { type Ec2, filters } from './client.ts';
import { createWithToken } from './client-token.ts';
import { convergeDefaultRoute, defaultTargetOf, type RouteTarget } from './default-route.ts';
import { remainingByTag } from './remaining.ts';
import { adoptTagged, tagsAtCreation } from './tags.ts';
import { findOwnVpcs } from './vpc.ts';

const TYPE = 'AWS::EC2::RouteTable';

const findRouteTables = (ec2: Ec2, Filters: Filter[]): Promise<RouteTable[]> =>
  collect(async (NextToken) => {
    const { RouteTables, NextToken: next } = await ec2.send(new DescribeRouteTablesCommand({ Filters, NextToken }));
    return { items: RouteTables, next };
  });

export const routeTableActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  /** With its first subnet: that call proves the table, which lists show a second later only. */
  const create = (ec2: Ec2, spec: RouteTableSpec, { vpcId, subnetIds, tables }: Birthplace): Promise<RouteTable> =>
    createWithToken({
      deps,
      what: `route table ${spec.name}`,
      token: [spec.owner, 'route-table', spec.name, vpcId],
      idOf: ({ RouteTableId }) => RouteTableId,
      async create(ClientToken) {
        const command = new CreateRouteTableCommand({
          VpcId: vpcId,
          ClientToken,
          TagSpecifications: tagsAtCreation('route-table', spec),
        });
        return (await ec2.send(command)).RouteTable ?? {};
      },
      async isVisible({ RouteTableId: routeTableId = '' }) {
        const [subnetId] = subnetIds;
        if (subnetId === undefined) {
          return (await findRouteTables(ec2, filters({ 'route-table-id': routeTableId }))).length > 0;
        }
        try {
          await associate(ec2, { tables, subnetId, routeTableId });
          return true;
        } catch (error) {
          if (isAwsCode(error, 'InvalidRouteTableID.NotFound')) return false;
          throw error;
        }
      },
    });

  const ensure = async (spec: RouteTableSpec, { vpcId, subnetIds, gatewayId }: Place) => {
    const { name } = spec;
    const ec2 = deps.aws.ec2(spec.account);
    const tables = await findRouteTables(ec2, filters({ 'vpc-id': vpcId }));
    const found = findIn(tables, spec);
    const table = found ?? (await create(ec2, spec, { vpcId, subnetIds, tables }));
    const routeTableId = table.RouteTableId ?? '';
    const existing = { type: TYPE, id: routeTableId, name, tags: table.Tags };
    const made: Made = found
      ? await adoptTagged(ec2, existing, spec)
      : { type: TYPE, id: routeTableId, name, origin: 'created' };
    for (const subnetId of found ? subnetIds : subnetIds.slice(1)) {
      await associate(ec2, { tables, subnetId, routeTableId });
    }
    if (gatewayId !== null) await convergeDefaultRoute(ec2, table, { GatewayId: gatewayId });
    return { made, routeTableId };
  };

  /** Those of the name in the workspace's VPCs that are its own. */
  const findOwn = async (spec: RouteTableSpec, vpc: VpcSpec): Promise<RouteTable[]> => {
    const ec2 = deps.aws.ec2(spec.account);
    const vpcIds = (await findOwnVpcs(ec2, vpc)).map(({ VpcId }) => VpcId ?? '');
    const tables = vpcIds.length > 0 ? await findRouteTables(ec2, filters({ 'vpc-id': vpcIds })) : [];
    return tables.filter(({ Tags }) => tagsOf(Tags).Name === spec.name && isOwnedBy(tagsOf(Tags), spec.owner));
  };

  return {
    /** With these subnets, and a default route to the gateway where one is given. @throws Conflict; NotYet. */
    ensureRouteTable: (spec: RouteTableSpec, vpcId: string, subnetIds: string[], gatewayId: string | null) =>
      whenVisible(`route table ${spec.name}`, deps, () => ensure(spec, { vpcId, subnetIds, gatewayId })),

    /**
     * The VPC's main table is the one with the main association: the order of a list says nothing. The route goes with a
     * VPC that a removal takes. In one that stays it stays, too: it leads to a gateway that was adopted with the VPC.
     */
    ensureMainRoute: (spec: VpcSpec, vpcId: string, gatewayId: string) =>
      whenVisible(`main route table of ${vpcId}`, deps, async () => {
        const ec2 = deps.aws.ec2(spec.account);
        const [table] = await findRouteTables(ec2, filters({ 'vpc-id': vpcId, 'association.main': 'true' }));
        if (!table) throw lookAgain(`the main route table of ${vpcId} is not visible yet`, deps);
        await convergeDefaultRoute(ec2, table, { GatewayId: gatewayId });
      }),

    /** The way out of the jobs; null: they have none. */
    ensureDefaultRoute: (spec: RouteTableSpec, routeTableId: string, target: RouteTarget | null) =>
      whenVisible(`default route of ${spec.name}`, deps, async () => {
        const ec2 = deps.aws.ec2(spec.account);
        const [table] = await findRouteTables(ec2, filters({ 'route-table-id': routeTableId }));
        if (!table) throw lookAgain(`route table ${routeTableId} is not visible yet`, deps);
        await convergeDefaultRoute(ec2, table, target);
      }),

    /** Where the jobs' way out leads; null where there is no table, or it leads to what is gone. */
    async rememberDefaultRoute(spec: RouteTableSpec, vpc: VpcSpec): Promise<Before<WasRoute> | null> {
      const [table] = await findOwn(spec, vpc);
      const target = table && defaultTargetOf(table);
      if (!table || target === undefined) return null;
      return { resource: { type: TYPE, id: table.RouteTableId ?? '', name: spec.name }, was: { target } };
    },

    /** Table or target gone by now is success. */
    async restoreDefaultRoute(spec: RouteTableSpec, vpc: VpcSpec, before: Before): Promise<void> {
      const [table] = await findOwn(spec, vpc);
      if (!table || table.RouteTableId !== before.resource.id) return;
      const { target } = before.was as WasRoute;
      await convergeDefaultRoute(deps.aws.ec2(spec.account), table, target).catch(ignoreNotFound);
    },

    /** Disassociated, then deleted. @throws NotYet where a create may not be visible yet. */
    async deleteRouteTable(spec: RouteTableSpec, vpc: VpcSpec, removal: Removal): Promise<void> {
      const ec2 = deps.aws.ec2(spec.account);
      const vpcIds = (await findOwnVpcs(ec2, vpc)).map(({ VpcId }) => VpcId ?? '');
      const tables = vpcIds.length > 0 ? await findRouteTables(ec2, filters({ 'vpc-id': vpcIds })) : [];
      const found = tables.filter(({ Tags }) => tagsOf(Tags).Name === spec.name);
      if (found.length === 0) return believeAbsent(`route table ${spec.name}`, removal, deps);
      for (const table of found) if (mayRemove(tagsOf(table.Tags), spec.owner, removal)) await remove(ec2, table);
    },

    async findRemainingRouteTables(spec: Spec, by: Removal['by']): Promise<Remaining[]> {
      const ec2 = deps.aws.ec2(spec.account);
      return await remainingByTag(
        { find: (Filters) => findRouteTables(ec2, Filters), name: ({ RouteTableId: id }) => ({ id }) },
        spec,
        by,
      );
    },
  };
};

interface WasRoute {
  readonly target: RouteTarget | null;
}

interface Birthplace {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** The VPC's. */
  readonly tables: readonly RouteTable[];
}

interface Place {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly gatewayId: string | null;
}

/** @throws Conflict for several that nobody has tagged as ours. */
const findIn = (tables: readonly RouteTable[], { name, owner }: RouteTableSpec): RouteTable | undefined => {
  const named = tables.filter(({ Tags }) => tagsOf(Tags).Name === name);
  const ours = named.find(({ Tags }) => isOwnedBy(tagsOf(Tags), owner));
  if (!ours && named.length > 1) {
    const ids = named.map(({ RouteTableId }) => RouteTableId).join(', ');
    throw fail('Conflict', `several route tables are called ${name}: ${ids}`);
  }
  return ours ?? named[0];
};

const associate = async (
  ec2: Ec2,
  { tables, subnetId, routeTableId }: { tables: readonly RouteTable[]; subnetId: string; routeTableId: string },
): Promise<void> => {
  const present = tables
    .flatMap(({ Associations = [] }) => Associations)
    .find(({ SubnetId, AssociationState }) => SubnetId === subnetId && AssociationState?.State !== 'disassociated');
  if (present?.RouteTableId === routeTableId) return;
  if (present) {
    const AssociationId = present.RouteTableAssociationId;
    await ec2.send(new ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: routeTableId }));
  } else {
    await ec2.send(new AssociateRouteTableCommand({ SubnetId: subnetId, RouteTableId: routeTableId }));
  }
};

const remove = async (ec2: Ec2, { RouteTableId, Associations = [] }: RouteTable): Promise<void> => {
  for (const { Main, RouteTableAssociationId } of Associations) {
    if (Main) continue;
    const command = new DisassociateRouteTableCommand({ AssociationId: RouteTableAssociationId });
    await ec2.send(command).catch(ignoreNotFound);
  }
  await ec2.send(new DeleteRouteTableCommand({ RouteTableId })).catch(ignoreNotFound);
};
