/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html */

import type { Call } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { listOf, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import type { ActionsOf } from '../../core/service.ts';
import { KMS } from './contract.ts';

const WITHOUT_KEY: ReadonlySet<string> = new Set(['ListKeys', 'ListAliases', 'GenerateRandom']);

const aliasArn = ({ region, account }: Call, alias: string): string =>
  alias.startsWith('arn:') ? alias : `arn:aws:kms:${region}:${account}:${alias}`;

export const kmsActions: ActionsOf = async (call, world) => {
  const action = `kms:${call.operation}`;
  const { params } = call;
  if (WITHOUT_KEY.has(call.operation)) return [{ action, resource: '*' }];
  const context = { ...tagContext(params.Tags), ...tagKeysContext(listOf(params, 'TagKeys')) };
  if (call.operation === 'CreateKey') {
    const create: Check = { action, resource: '*', context };
    // Tags of a new key are a right of their own, on any key: the new one has no name yet.
    return Object.keys(context).length > 0
      ? [create, { action: 'kms:TagResource', resource: `arn:aws:kms:${call.region}:${call.account}:key/*`, context }]
      : [create];
  }
  const alias = textOf(params, 'AliasName');
  const named = textOf(params, 'KeyId') || textOf(params, 'TargetKeyId') || (alias && aliasArn(call, alias));
  const key = await world.service(KMS).keyArn(call.account, call.region, named);
  const checks: Check[] = [];
  if (alias) checks.push({ action, resource: aliasArn(call, alias) });
  if (key) {
    const aliases = named.includes('alias/') ? { 'kms:RequestAlias': named.slice(named.indexOf('alias/')) } : {};
    checks.push({ action, resource: key, context: { ...context, ...aliases } });
  }
  if (checks.length > 0) return checks;
  return [{ action, resource: `arn:aws:kms:${call.region}:${call.account}:key/*`, context }];
};
