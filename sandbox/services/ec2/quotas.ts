/**
 * EC2's limits, as Service Quotas shows them: those of networks under `vpc`.
 * @see https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
 */
import type { Limit, Quota } from '../../core/limit.ts';
import type { World } from '../../core/world.ts';
import { VCPUS } from './questions.ts';

/** Above AWS's 5: tests and demos launch several workspaces into one account. */
export const VPCS: Limit = { name: 'vpcs', initial: 100 };
export const GATEWAY_ENDPOINTS: Limit = { name: 'gatewayEndpoints', initial: 100 };
export const ADDRESSES: Limit = { name: 'addresses', initial: 100 };
export const NAT_GATEWAYS_PER_ZONE: Limit = { name: 'natGatewaysPerZone', initial: 100 };

const VPC = { serviceCode: 'vpc', serviceName: 'Amazon Virtual Private Cloud (Amazon VPC)', adjustable: true };
const EC2 = { serviceCode: 'ec2', serviceName: 'Amazon Elastic Compute Cloud (Amazon EC2)', adjustable: true };

/**
 * vCPUs that may run at once, by class of instances. AWS gives a new account 5 of the standard ones and none of most
 * others; here there are plenty unless the account's world says so.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 */
const VCPU_CLASSES: readonly (readonly [code: string, name: string, initial: number])[] = [
  ['L-1216C47A', 'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances', 5],
  ['L-74FC7D96', 'Running On-Demand F instances', 0],
  ['L-DB2E81BA', 'Running On-Demand G and VT instances', 0],
  ['L-417A185B', 'Running On-Demand P instances', 0],
  ['L-7295265B', 'Running On-Demand X instances', 0],
  ['L-1945791B', 'Running On-Demand Inf instances', 0],
  ['L-6E869C2A', 'Running On-Demand DL instances', 0],
  ['L-2C3B7624', 'Running On-Demand Trn instances', 0],
  ['L-43DA4232', 'Running On-Demand High Memory instances', 0],
  ['L-F7808C92', 'Running On-Demand HPC instances', 0],
  ['L-34B43A08', 'All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests', 5],
  ['L-88CF9481', 'All F Spot Instance Requests', 0],
  ['L-3819A6DF', 'All G and VT Spot Instance Requests', 0],
  ['L-7212CCBC', 'All P Spot Instance Requests', 0],
  ['L-E3A00192', 'All X Spot Instance Requests', 0],
  ['L-B5D1601B', 'All Inf Spot Instance Requests', 0],
  ['L-85EED4F7', 'All DL Spot Instance Requests', 0],
  ['L-6B0D517C', 'All Trn Spot Instance Requests', 0],
];

const PLENTY_OF_VCPUS = 100_000;

export const ec2Quotas = (world: World): readonly Quota[] => [
  ...VCPU_CLASSES.map(
    ([code, name, initial]): Quota => ({
      ...EC2,
      code,
      name,
      initial,
      applied: (account) => world.assumed(account, VCPUS)[code] ?? PLENTY_OF_VCPUS,
    }),
  ),
  {
    ...VPC,
    code: 'L-F678F1CE',
    name: 'VPCs per Region',
    initial: 5,
    applied: (account) => world.limit(account, VPCS),
  },
  {
    ...VPC,
    // AWS raises it together with the VPCs.
    code: 'L-A4707A72',
    name: 'Internet gateways per Region',
    initial: 5,
    applied: (account) => world.limit(account, VPCS),
  },
  {
    ...VPC,
    code: 'L-1B52E74A',
    name: 'Gateway VPC endpoints per Region',
    initial: 20,
    applied: (account) => world.limit(account, GATEWAY_ENDPOINTS),
  },
  {
    ...VPC,
    code: 'L-FE5A380F',
    name: 'NAT gateways per Availability Zone',
    initial: 5,
    applied: (account) => world.limit(account, NAT_GATEWAYS_PER_ZONE),
  },
  {
    ...EC2,
    code: 'L-0263D0A3',
    name: 'EC2-VPC Elastic IPs',
    initial: 5,
    applied: (account) => world.limit(account, ADDRESSES),
  },
  { ...VPC, code: 'L-407747CB', name: 'Subnets per VPC', initial: 200 },
];
