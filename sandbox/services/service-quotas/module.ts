/**
 * Service Quotas for the limits that provisioning counts against: the applied value is that of the account in the
 * sandbox, the default is AWS's.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html
 */

import { AwsError, type Call, type Quotas, type Rule, type ServiceModule, type World } from '../../core/rule.ts';
import type { Worlds } from '../../core/worlds.ts';

interface Quota {
  readonly code: string;
  readonly name: string;
  readonly service: 'vpc' | 'batch' | 'ec2';
  readonly adjustable: boolean;
  /** What AWS gives every account. */
  readonly initial: number;
  /** What this account has; AWS's default for limits that cannot be seeded. */
  readonly applied: (quotas: Quotas, worlds: Worlds) => number;
}

const SERVICE_NAMES = {
  vpc: 'Amazon Virtual Private Cloud (Amazon VPC)',
  batch: 'AWS Batch',
  ec2: 'Amazon Elastic Compute Cloud (Amazon EC2)',
} as const;

/**
 * vCPUs that may run at once, by class of instances. AWS gives a new account 5 of the standard ones and none of most
 * others; here there are plenty unless the account's world says so.
 * @see https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 */
const VCPUS: readonly (readonly [code: string, name: string, initial: number])[] = [
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

const QUOTAS: readonly Quota[] = [
  ...VCPUS.map(
    ([code, name, initial]): Quota => ({
      code,
      name,
      service: 'ec2',
      adjustable: true,
      initial,
      applied: (_quotas, { vcpus }) => vcpus[code] ?? PLENTY_OF_VCPUS,
    }),
  ),
  {
    code: 'L-F678F1CE',
    name: 'VPCs per Region',
    service: 'vpc',
    adjustable: true,
    initial: 5,
    applied: ({ vpcs }) => vpcs,
  },
  {
    // AWS raises it together with the VPCs.
    code: 'L-A4707A72',
    name: 'Internet gateways per Region',
    service: 'vpc',
    adjustable: true,
    initial: 5,
    applied: ({ vpcs }) => vpcs,
  },
  {
    code: 'L-1B52E74A',
    name: 'Gateway VPC endpoints per Region',
    service: 'vpc',
    adjustable: true,
    initial: 20,
    applied: ({ gatewayEndpoints }) => gatewayEndpoints,
  },
  { code: 'L-407747CB', name: 'Subnets per VPC', service: 'vpc', adjustable: true, initial: 200, applied: () => 200 },
  {
    code: 'L-144F0CA5',
    name: 'Compute environment limit',
    service: 'batch',
    adjustable: false,
    initial: 50,
    applied: ({ computeEnvironments }) => computeEnvironments,
  },
  {
    code: 'L-4CEA37AD',
    name: 'Job queue limit',
    service: 'batch',
    adjustable: false,
    initial: 50,
    applied: ({ queues }) => queues,
  },
  {
    code: 'L-F8102809',
    name: 'Compute environments per job queue limit.',
    service: 'batch',
    adjustable: false,
    initial: 3,
    applied: () => 3,
  },
];

const noSuchResource = (message: string): AwsError => new AwsError('NoSuchResourceException', message);

const ofService = ({ params }: Call): readonly Quota[] => {
  const found = QUOTAS.filter(({ service }) => service === params.ServiceCode);
  if (found.length > 0) return found;
  throw noSuchResource('The request failed because the specified service does not exist.');
};

export const createServiceQuotas = (world: World): ServiceModule => {
  const render = ({ region, account }: Call, quota: Quota, owner: 'applied' | 'initial') => ({
    ServiceCode: quota.service,
    ServiceName: SERVICE_NAMES[quota.service],
    QuotaArn: `arn:aws:servicequotas:${region}:${owner === 'applied' ? account : ''}:${quota.service}/${quota.code}`,
    QuotaCode: quota.code,
    QuotaName: quota.name,
    Value: owner === 'applied' ? quota.applied(world.quotas(account), world.worlds(account)) : quota.initial,
    Unit: 'None',
    Adjustable: quota.adjustable,
    GlobalQuota: false,
  });

  const one =
    (owner: 'applied' | 'initial'): Rule =>
    async (call) => {
      const quota = ofService(call).find(({ code }) => code === call.params.QuotaCode);
      if (!quota) throw noSuchResource('The request failed because the specified quota does not exist.');
      return world.answer(call, { Quota: render(call, quota, owner) });
    };

  const all =
    (owner: 'applied' | 'initial'): Rule =>
    async (call) =>
      world.answer(call, { Quotas: ofService(call).map((quota) => render(call, quota, owner)) });

  return {
    service: 'servicequotas',
    rules: {
      GetServiceQuota: one('applied'),
      GetAWSDefaultServiceQuota: one('initial'),
      ListServiceQuotas: all('applied'),
      ListAWSDefaultServiceQuotas: all('initial'),
      ListServices: async (call) =>
        world.answer(call, {
          Services: Object.entries(SERVICE_NAMES).map(([ServiceCode, ServiceName]) => ({ ServiceCode, ServiceName })),
        }),
    },
  };
};
