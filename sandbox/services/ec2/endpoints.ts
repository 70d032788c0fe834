/**
 * VPC endpoints. A gateway endpoint puts a route to its service's prefix list into each of its route tables, and a table
 * takes one such route per service; an endpoint is `pending` at first and `deleting` for a while, and holds its VPC until
 * it is gone. moto lets a gateway endpoint change its tables without their routes, and keeps what was deleted.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html
 */
import {
  CreateRouteCommand,
  DeleteRouteCommand,
  DescribeManagedPrefixListsCommand,
  DescribeVpcAttributeCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
  ModifyVpcEndpointCommand,
  type VpcEndpoint,
} from '@aws-sdk/client-ec2';
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { World } from '../../core/world.ts';
import { currentEndpoints } from './endpoint-states.ts';
import { filterBy, type Lookup } from './lookup.ts';
import { GATEWAY_ENDPOINTS } from './quotas.ts';
import { done, type Ec2Deps, mutation, type Params, succeeded, textOf, textsOf } from './state.ts';
import { idempotent } from './tokens.ts';
import { appearing, visible } from './visibility.ts';

const AVAILABLE_AFTER_MS = 2_000;
const GONE_AFTER_MS = 10_000;
const SPREAD = 0.5;

/** Services that have gateway endpoints. */
const GATEWAY_SERVICES = ['s3', 'dynamodb'];

/** moto's own way to say that nobody gave a policy: everything is allowed. */
const FULL_ACCESS = JSON.stringify({
  Version: '2008-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }],
});

export const endpointRules = (deps: Ec2Deps, lookup: Lookup): Record<string, Rule> => {
  const describe = visible(deps, 'DescribeVpcEndpoints', (items, overlay) =>
    currentEndpoints(deps.world, overlay, items as VpcEndpoint[]).map((endpoint) => ({ ...endpoint })),
  );
  return {
    CreateVpcEndpoint: mutation(
      deps,
      idempotent(deps, appearing(deps, ['VpcEndpoint', 'VpcEndpointId'], create(deps, lookup))),
    ),
    ModifyVpcEndpoint: mutation(deps, modify(deps, lookup)),
    DeleteVpcEndpoints: mutation(deps, remove(deps)),
    async DescribeVpcEndpoints(call, forward) {
      for (const id of textsOf(call.params, 'VpcEndpointIds')) await present(deps, call, id);
      return await describe(call, (changed) => forward(changed));
    },
  };
};

const create =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const { params } = call;
    const type = textOf(params, 'VpcEndpointType') || 'Gateway';
    const service = textOf(params, 'ServiceName');
    const tables = textsOf(params, 'RouteTableIds');
    if (textOf(params, 'PolicyDocument')) checkPolicy(params);
    if (type === 'Gateway') {
      if (!GATEWAY_SERVICES.some((name) => service === `com.amazonaws.${call.region}.${name}`)) {
        throw new AwsError('InvalidServiceName', `The Vpc Endpoint Service '${service}' does not exist`);
      }
      const ec2 = world.moto(EC2Client, call.account, call.region);
      const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
      const there = currentEndpoints(world, deps.of(call), VpcEndpoints);
      if (there.filter(({ VpcEndpointType }) => VpcEndpointType === 'Gateway').length >= quotaOf(world, call)) {
        throw new AwsError('VpcEndpointLimitExceeded', 'The maximum number of VPC endpoints has been reached.');
      }
      await checkTables(lookup, call, {
        tables,
        vpcId: textOf(params, 'VpcId'),
        prefixList: await prefixListOf(deps, call, service),
      });
    }
    if (type === 'Interface') await checkInterface(deps, call, service);
    // Without a type moto makes an endpoint that it can't delete.
    const answer = await forward({ params: { ...params, VpcEndpointType: type } });
    if (!succeeded(answer)) return answer;
    const result = world.decode(call, answer);
    const made = result.VpcEndpoint as Params;
    const delay = world.delay(AVAILABLE_AFTER_MS, SPREAD);
    const privateDns = type === 'Interface' && hasPrivateDns(params);
    const availableAt = world.now() + delay;
    deps.of(call).endpoints.set(String(made.VpcEndpointId), { availableAt, goneAt: undefined, privateDns });
    return world.answer(call, { ...result, VpcEndpoint: { ...made, State: delay > 0 ? 'pending' : 'available' } });
  };

const hasPrivateDns = ({ PrivateDnsEnabled = true }: Params): boolean => String(PrivateDnsEnabled) === 'true';

/**
 * A name of a service leads to one endpoint of the VPC, if the VPC has DNS at all.
 * @see https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html#enable-private-dns-names
 */
const checkInterface = async ({ world, of }: Ec2Deps, call: Call, service: string): Promise<void> => {
  const { params } = call;
  if (!/^(cn\.)?com\.amazonaws\.[a-z0-9-]+\.[a-z0-9.-]+$/.test(service)) {
    throw new AwsError('InvalidServiceName', `The Vpc Endpoint Service '${service}' does not exist`);
  }
  if (!hasPrivateDns(params)) return;
  const VpcId = textOf(params, 'VpcId');
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const hostnames = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' }));
  const support = await ec2.send(new DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsSupport' }));
  if (!hostnames.EnableDnsHostnames?.Value || !support.EnableDnsSupport?.Value) {
    throw new AwsError(
      'InvalidParameter',
      `Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for ${VpcId}`,
    );
  }
  const Filters = filterBy('vpc-id', VpcId);
  const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters }));
  const taken = currentEndpoints(world, of(call), VpcEndpoints).some(
    (each) => each.ServiceName === service && each.VpcEndpointType === 'Interface' && each.PrivateDnsEnabled,
  );
  if (!taken) return;
  throw new AwsError(
    'InvalidParameter',
    `private-dns-enabled cannot be set because there is already a conflicting DNS domain for ${service} in the VPC ${VpcId}`,
  );
};

const quotaOf = (world: World, { account }: Call): number => world.limit(account, GATEWAY_ENDPOINTS);

/** @throws as EC2 does for text that is no policy. */
const checkPolicy = (params: Params): void => {
  try {
    const document: unknown = JSON.parse(textOf(params, 'PolicyDocument'));
    if (typeof document === 'object' && document !== null && 'Statement' in document) return;
  } catch {
    // Told below.
  }
  throw new AwsError('InvalidPolicyDocument', 'The policy document is not a valid JSON document.');
};

const prefixListOf = async ({ world }: Ec2Deps, call: Call, service: string): Promise<string> => {
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { PrefixLists = [] } = await ec2.send(new DescribeManagedPrefixListsCommand({}));
  const found = PrefixLists.find(({ PrefixListName }) => PrefixListName === service);
  if (!found?.PrefixListId) throw new Error(`moto has no prefix list for ${service}`);
  return found.PrefixListId;
};

/**
 * The text of RouteAlreadyExists is that of a report from a real account.
 * @see https://github.com/eksctl-io/eksctl/issues/4377
 */
const checkTables = async (
  lookup: Lookup,
  call: Call,
  { tables, vpcId, prefixList }: { tables: readonly string[]; vpcId: string; prefixList: string },
): Promise<void> => {
  for (const id of tables) {
    const [table] = await lookup.routeTables(call, filterBy('route-table-id', id));
    if (!table) throw new AwsError('InvalidRouteTableId.NotFound', `The routeTable ID '${id}' does not exist`);
    if (table.VpcId !== vpcId) {
      throw new AwsError('InvalidParameter', `Route table ${id} belongs to VPC ${table.VpcId}, not to ${vpcId}`);
    }
    if (table.Routes?.some(({ DestinationPrefixListId }) => DestinationPrefixListId === prefixList)) {
      throw new AwsError(
        'RouteAlreadyExists',
        `route table ${id} already has a route with destination-prefix-list-id ${prefixList}`,
      );
    }
  }
};

/** moto's endpoint, alive. @throws for one that is not there, or on its way out. */
const present = async ({ world, of }: Ec2Deps, call: Call, id: string): Promise<VpcEndpoint> => {
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
  const found = currentEndpoints(world, of(call), VpcEndpoints).find(({ VpcEndpointId }) => VpcEndpointId === id);
  if (found) return found;
  throw new AwsError('InvalidVpcEndpointId.NotFound', `The Vpc Endpoint Id '${id}' does not exist`);
};

/** A table that is added to its own endpoint once more is refused like one that has another endpoint's route. */
const modify =
  (deps: Ec2Deps, lookup: Lookup): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const { params } = call;
    const id = textOf(params, 'VpcEndpointId');
    const endpoint = await present(deps, call, id);
    const [added, removed] = [textsOf(params, 'AddRouteTableIds'), textsOf(params, 'RemoveRouteTableIds')];
    const isGateway = endpoint.VpcEndpointType === 'Gateway';
    if (!isGateway && added.length + removed.length > 0) {
      throw new AwsError('InvalidParameter', `Endpoint type (${endpoint.VpcEndpointType}) does not have route tables`);
    }
    if (textOf(params, 'PolicyDocument')) checkPolicy(params);
    const prefixList = isGateway ? await prefixListOf(deps, call, String(endpoint.ServiceName)) : '';
    const vpcId = String(endpoint.VpcId);
    for (const table of removed) {
      if (!endpoint.RouteTableIds?.includes(table)) {
        throw new AwsError('InvalidRouteTableId.NotFound', `The routeTable ID '${table}' does not exist`);
      }
    }
    await checkTables(lookup, call, { tables: added, vpcId, prefixList });
    const course = deps.of(call).endpoints.get(id);
    if (course && params.PrivateDnsEnabled !== undefined) course.privateDns = hasPrivateDns(params);
    const resets = String(params.ResetPolicy) === 'true';
    const answer = await forward(resets ? { params: { ...params, PolicyDocument: FULL_ACCESS } } : undefined);
    if (!succeeded(answer)) return answer;
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const route = { DestinationPrefixListId: prefixList };
    for (const RouteTableId of added) await ec2.send(new CreateRouteCommand({ ...route, RouteTableId, GatewayId: id }));
    for (const RouteTableId of removed) await ec2.send(new DeleteRouteCommand({ ...route, RouteTableId }));
    return answer;
  };

/**
 * The call succeeds whatever becomes of each endpoint: what could not be deleted stands in the answer.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
 */
const remove =
  (deps: Ec2Deps): Rule =>
  async (call, forward) => {
    const { world } = deps;
    const overlay = deps.of(call);
    const failed: Params[] = [];
    const alive: string[] = [];
    for (const id of textsOf(call.params, 'VpcEndpointIds')) {
      try {
        const { State } = await present(deps, call, id);
        if (String(State) !== 'deleting') alive.push(id);
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        failed.push({ ResourceId: id, Error: { Code: 'InvalidVpcEndpoint.NotFound', Message: error.message } });
      }
    }
    if (alive.length > 0) {
      const answer = await forward({ params: { ...call.params, VpcEndpointIds: alive } });
      if (!succeeded(answer)) return answer;
    }
    for (const id of alive) {
      const goneAt = world.now() + world.delay(GONE_AFTER_MS, SPREAD);
      overlay.endpoints.set(id, { ...overlay.endpoints.get(id), availableAt: 0, goneAt });
    }
    return done(world, call, { Unsuccessful: failed });
  };

/** A route table that goes is no longer one of its endpoints'; moto would try to take a route out of it later. */
export const forgetTable = async ({ world, of }: Ec2Deps, call: Call, tableId: string): Promise<void> => {
  const ec2 = world.moto(EC2Client, call.account, call.region);
  const { VpcEndpoints = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
  const alive = currentEndpoints(world, of(call), VpcEndpoints);
  for (const { VpcEndpointId, RouteTableIds = [] } of alive) {
    if (!RouteTableIds.includes(tableId)) continue;
    await ec2.send(new ModifyVpcEndpointCommand({ VpcEndpointId, RemoveRouteTableIds: [tableId] }));
  }
};
