/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
import { DescribeLaunchTemplatesCommand, DescribeRouteTablesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Call } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { listOf, objectOf, type Params, tagContext, textOf } from '../../core/params.ts';
import { passRole } from '../../core/pass-role.ts';
import type { ActionsOf } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { IAM } from '../iam/contract.ts';

/** By the prefix of an id. */
const TYPES: Readonly<Record<string, string>> = {
  vpc: 'vpc',
  subnet: 'subnet',
  igw: 'internet-gateway',
  rtb: 'route-table',
  sg: 'security-group',
  sgr: 'security-group-rule',
  i: 'instance',
  vol: 'volume',
  eni: 'network-interface',
  lt: 'launch-template',
  ami: 'image',
  vpce: 'vpc-endpoint',
  eipalloc: 'elastic-ip',
  nat: 'natgateway',
  acl: 'network-acl',
  dopt: 'dhcp-options',
  snap: 'snapshot',
  key: 'key-pair',
};

/** What an operation makes (`+`) and what else of its request it is authorised on; everything else is only read. */
const ROWS: Readonly<Record<string, string>> = {
  CreateVpc: '+vpc',
  DeleteVpc: 'vpc',
  ModifyVpcAttribute: 'vpc',
  DescribeVpcAttribute: 'vpc',
  CreateSubnet: '+subnet vpc',
  DeleteSubnet: 'subnet',
  ModifySubnetAttribute: 'subnet',
  CreateInternetGateway: '+internet-gateway',
  AttachInternetGateway: 'internet-gateway vpc',
  DetachInternetGateway: 'internet-gateway vpc',
  DeleteInternetGateway: 'internet-gateway',
  CreateRouteTable: '+route-table vpc',
  DeleteRouteTable: 'route-table',
  CreateRoute: 'route-table',
  ReplaceRoute: 'route-table',
  DeleteRoute: 'route-table',
  AssociateRouteTable: 'route-table subnet internet-gateway',
  ReplaceRouteTableAssociation: 'route-table',
  DisassociateRouteTable: 'route-table subnet',
  CreateSecurityGroup: '+security-group vpc',
  DeleteSecurityGroup: 'security-group',
  AuthorizeSecurityGroupIngress: 'security-group',
  AuthorizeSecurityGroupEgress: 'security-group',
  RevokeSecurityGroupIngress: 'security-group',
  RevokeSecurityGroupEgress: 'security-group',
  CreateLaunchTemplate: '+launch-template',
  CreateLaunchTemplateVersion: 'launch-template',
  ModifyLaunchTemplate: 'launch-template',
  DeleteLaunchTemplate: 'launch-template',
  DeleteLaunchTemplateVersions: 'launch-template',
  RunInstances: '+instance +network-interface +volume image subnet security-group launch-template',
  StartInstances: 'instance',
  StopInstances: 'instance',
  RebootInstances: 'instance',
  TerminateInstances: 'instance',
  ModifyInstanceAttribute: 'instance',
  DescribeInstanceAttribute: 'instance',
  CreateNetworkInterface: '+network-interface subnet security-group',
  ModifyNetworkInterfaceAttribute: 'network-interface',
  DeleteNetworkInterface: 'network-interface',
  CreateVolume: '+volume snapshot',
  AttachVolume: 'volume instance',
  DetachVolume: 'volume instance',
  ModifyVolume: 'volume',
  DeleteVolume: 'volume',
  CreateSnapshot: '+snapshot volume',
  DeleteSnapshot: 'snapshot',
  CreateKeyPair: '+key-pair',
  ImportKeyPair: '+key-pair',
  DeleteKeyPair: 'key-pair',
  AllocateAddress: '+elastic-ip',
  ReleaseAddress: 'elastic-ip',
  CreateNatGateway: '+natgateway elastic-ip subnet',
  DeleteNatGateway: 'natgateway',
  CreateVpcEndpoint: '+vpc-endpoint vpc subnet route-table security-group',
  DeleteVpcEndpoints: 'vpc-endpoint',
  ModifyVpcEndpoint: 'vpc-endpoint subnet route-table security-group',
};

const ID = /^([a-z]+)-[0-9a-f]+$/;

/** Ids anywhere in the parameters, by type. Filters only select. */
const idsIn = (params: Params): { type: string; id: string }[] => {
  const found = new Map<string, string>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(walk);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk);
    else if (typeof value === 'string') {
      const type = TYPES[ID.exec(value)?.[1] ?? ''];
      if (type) found.set(value, type);
    }
  };
  walk({ ...params, Filters: undefined, IpPermissions: undefined, TagSpecifications: undefined });
  return [...found].map(([id, type]) => ({ id, type }));
};

/** Images and snapshots may belong to anybody: their ARN has no account. */
const arnOf = ({ region, account }: Call, type: string, id: string): string =>
  `arn:aws:ec2:${region}:${type === 'image' || type === 'snapshot' ? '' : account}:${type}/${id}`;

const tagsFor = (params: Params, type: string): unknown =>
  listOf(params, 'TagSpecifications')
    .map((entry) => entry as Params)
    .filter((entry) => textOf(entry, 'ResourceType') === type)
    .flatMap((entry) => listOf(entry, 'Tags'));

const instanceContext = ({ params }: Call, type: string): Record<string, string> => {
  if (type !== 'instance') return {};
  const instanceType = textOf(params, 'InstanceType');
  const { HttpTokens, HttpEndpoint } = objectOf(params, 'MetadataOptions');
  return {
    ...(instanceType && { 'ec2:InstanceType': instanceType }),
    ...(HttpTokens !== undefined && { 'ec2:MetadataHttpTokens': String(HttpTokens) }),
    ...(HttpEndpoint !== undefined && { 'ec2:MetadataHttpEndpoint': String(HttpEndpoint) }),
  };
};

const created = (call: Call, type: string): Check[] => {
  const resource = arnOf(call, type, '*');
  const context = tagContext(tagsFor(call.params, type));
  const check = {
    action: `ec2:${call.operation}`,
    resource,
    context: { ...context, ...instanceContext(call, type) },
  };
  if (Object.keys(context).length === 0) return [check];
  // Tags given with a create need the right to tag, in this very operation.
  return [check, { action: 'ec2:CreateTags', resource, context: { ...context, 'ec2:CreateAction': call.operation } }];
};

/** The request names an association only; the rights hang on its table and subnet. */
const associatedIds = async ({ params, account, region }: Call, world: World): Promise<string[]> => {
  const association = textOf(params, 'AssociationId');
  if (!association.startsWith('rtbassoc-')) return [];
  const Filters = [{ Name: 'association.route-table-association-id', Values: [association] }];
  const { RouteTables = [] } = await world
    .moto(EC2Client, account, region)
    .send(new DescribeRouteTablesCommand({ Filters }));
  return RouteTables.flatMap(({ RouteTableId = '', Associations = [] }) => [
    RouteTableId,
    ...Associations.filter(({ RouteTableAssociationId: id }) => id === association).map(
      ({ SubnetId = '' }) => SubnetId,
    ),
  ]).filter((id) => id !== '');
};

const templateIds = async (call: Call, world: World): Promise<string[]> => {
  const named =
    textOf(call.params, 'LaunchTemplateName') || textOf(objectOf(call.params, 'LaunchTemplate'), 'LaunchTemplateName');
  if (!named) return [];
  try {
    const ec2 = world.moto(EC2Client, call.account, call.region);
    const { LaunchTemplates = [] } = await ec2.send(
      new DescribeLaunchTemplatesCommand({ LaunchTemplateNames: [named] }),
    );
    return LaunchTemplates.map(({ LaunchTemplateId = '' }) => LaunchTemplateId);
  } catch {
    return ['*']; // No such template: EC2 says so after it has looked at the caller's rights.
  }
};

const tagging = (call: Call): Check[] => {
  const context = tagContext(call.params.Tags);
  return listOf(call.params, 'Resources').map((id) => ({
    action: `ec2:${call.operation}`,
    resource: arnOf(call, TYPES[ID.exec(String(id))?.[1] ?? ''] ?? '*', String(id)),
    context,
  }));
};

/**
 * The service's own name inside the VPC is a zone of Route 53, and the caller has to be allowed to tie the two.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-CreateVpcEndpoint
 */
const PRIVATE_ZONE: Check = {
  action: 'route53:AssociateVPCWithHostedZone',
  resource: 'arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ',
};

export const ec2Actions: ActionsOf = async (call, world) => {
  if (call.operation === 'CreateTags' || call.operation === 'DeleteTags') return tagging(call);
  const row = ROWS[call.operation]?.split(' ');
  if (!row) return undefined;
  const action = `ec2:${call.operation}`;
  const checks = row.filter((entry) => entry.startsWith('+')).flatMap((entry) => created(call, entry.slice(1)));
  const associated = await associatedIds(call, world);
  for (const { type, id } of idsIn({ ...call.params, associated })) {
    if (row.includes(type)) checks.push({ action, resource: arnOf(call, type, id) });
  }
  if (row.includes('launch-template')) {
    for (const id of await templateIds(call, world))
      checks.push({ action, resource: arnOf(call, 'launch-template', id) });
  }
  const profile = objectOf(call.params, 'IamInstanceProfile');
  const name = textOf(profile, 'Arn') || textOf(profile, 'Name');
  const roles =
    call.operation === 'RunInstances' && name ? await world.service(IAM).rolesOfProfile(call.account, name) : [];
  checks.push(...roles.map((role) => passRole(call, role, ['ec2.amazonaws.com'])));
  if (call.operation === 'CreateVpcEndpoint' && call.params.VpcEndpointType === 'Interface') {
    checks.push(PRIVATE_ZONE);
  }
  // The default subnet and group of the account, when the request names none.
  return checks.length > 0 ? checks : [{ action, resource: '*' }];
};
