/** Services of which provisioning uses a few operations only. */

import { listOf, textOf } from '../core/params.ts';
import type { Call } from '../core/rule.ts';
import type { ActionsOf } from './actions.ts';

const parameterArn = ({ region, account }: Call, name: string): string => {
  if (name.startsWith('arn:')) return name;
  // Public parameters belong to no account.
  const owner = name.startsWith('/aws/service/') ? '' : account;
  return `arn:aws:ssm:${region}:${owner}:parameter/${name.replace(/^\//, '')}`;
};

export const ssmActions: ActionsOf = (call) => {
  const action = `ssm:${call.operation}`;
  if (call.operation === 'DescribeParameters') return [{ action, resource: '*' }];
  const names = [textOf(call.params, 'Name'), textOf(call.params, 'Path'), ...listOf(call.params, 'Names').map(String)];
  const given = names.filter((name) => name !== '');
  return given.length > 0 ? given.map((name) => ({ action, resource: parameterArn(call, name) })) : undefined;
};

export const quotaActions: ActionsOf = (call) => {
  if (!['GetServiceQuota', 'RequestServiceQuotaIncrease'].includes(call.operation)) return undefined;
  const { region, account, params } = call;
  const resource = `arn:aws:servicequotas:${region}:${account}:${textOf(params, 'ServiceCode')}/${textOf(params, 'QuotaCode')}`;
  return [{ action: `servicequotas:${call.operation}`, resource }];
};

export const imageBuilderActions: ActionsOf = (call) => {
  const arn = textOf(call.params, 'imagePipelineArn');
  return arn ? [{ action: `imagebuilder:${call.operation}`, resource: arn }] : undefined;
};

/** AssumeRole is weighed by STS itself, together with the trust policy. */
export const stsActions: ActionsOf = (call) =>
  ['AssumeRole', 'GetCallerIdentity', 'GetSessionToken'].includes(call.operation) ? [] : undefined;
