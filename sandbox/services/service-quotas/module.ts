/**
 * Service Quotas for the limits that provisioning counts against: the applied value is that of the account in the
 * sandbox, the default is AWS's. Each service brings its own quotas.
 * @see https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { Quota } from '../../core/limit.ts';
import { textOf } from '../../core/params.ts';
import type { ActionsOf, ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';

const noSuchResource = (message: string): AwsError => new AwsError('NoSuchResourceException', message);

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_servicequotas.html */
const actions: ActionsOf = ({ operation, region, account, params }) => {
  if (!['GetServiceQuota', 'RequestServiceQuotaIncrease'].includes(operation)) return undefined;
  const quota = `${textOf(params, 'ServiceCode')}/${textOf(params, 'QuotaCode')}`;
  return [{ action: `servicequotas:${operation}`, resource: `arn:aws:servicequotas:${region}:${account}:${quota}` }];
};

type Owner = 'applied' | 'initial';

const render = ({ region, account }: Call, quota: Quota, owner: Owner) => ({
  ServiceCode: quota.serviceCode,
  ServiceName: quota.serviceName,
  QuotaArn: `arn:aws:servicequotas:${region}:${owner === 'applied' ? account : ''}:${quota.serviceCode}/${quota.code}`,
  QuotaCode: quota.code,
  QuotaName: quota.name,
  Value: owner === 'applied' ? (quota.applied?.(account) ?? quota.initial) : quota.initial,
  Unit: 'None',
  Adjustable: quota.adjustable,
  GlobalQuota: false,
});

export const createServiceQuotas = (world: World): ServiceModule => {
  const ofService = ({ params }: Call): readonly Quota[] => {
    const found = world.quotas().filter(({ serviceCode }) => serviceCode === params.ServiceCode);
    if (found.length > 0) return found;
    throw noSuchResource('The request failed because the specified service does not exist.');
  };

  const one =
    (owner: Owner): Rule =>
    async (call) => {
      const quota = ofService(call).find(({ code }) => code === call.params.QuotaCode);
      if (!quota) throw noSuchResource('The request failed because the specified quota does not exist.');
      return world.answer(call, { Quota: render(call, quota, owner) });
    };

  const all =
    (owner: Owner): Rule =>
    async (call) =>
      world.answer(call, { Quotas: ofService(call).map((quota) => render(call, quota, owner)) });

  const services: Rule = async (call) => {
    const names = new Map(world.quotas().map(({ serviceCode, serviceName }) => [serviceCode, serviceName]));
    return world.answer(call, {
      Services: [...names].map(([ServiceCode, ServiceName]) => ({ ServiceCode, ServiceName })),
    });
  };

  return {
    service: 'servicequotas',
    rules: {
      GetServiceQuota: one('applied'),
      GetAWSDefaultServiceQuota: one('initial'),
      ListServiceQuotas: all('applied'),
      ListAWSDefaultServiceQuotas: all('initial'),
      ListServices: services,
    },
    actions,
    errors: {
      throttle: ['TooManyRequestsException', 400, 'Too Many Requests'],
      internal: ['ServiceException', 500, 'Internal server error'],
    },
  };
};
