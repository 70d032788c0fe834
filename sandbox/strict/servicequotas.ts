/**
 * Service Quotas for the limits that provisioning counts against: the applied value is that of the account in the
 * sandbox, the default is AWS's.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/service_limits.html
 */
import { AwsError, type Call, type Quotas, type Rule, type ServiceModule, type World } from './rule.ts';

interface Quota {
  readonly code: string;
  readonly name: string;
  readonly service: 'vpc' | 'batch';
  readonly adjustable: boolean;
  /** What AWS gives every account. */
  readonly initial: number;
  /** What this account has; AWS's default for limits that cannot be seeded. */
  readonly applied: (quotas: Quotas) => number;
}

const SERVICE_NAMES = { vpc: 'Amazon Virtual Private Cloud (Amazon VPC)', batch: 'AWS Batch' } as const;

const QUOTAS: readonly Quota[] = [
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
    Value: owner === 'applied' ? quota.applied(world.quotas(account)) : quota.initial,
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
