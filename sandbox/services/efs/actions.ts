/**
 * A mount target's interface is made and removed in the name of the caller.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticfilesystem.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html
 */
import type { Call } from '../../core/call.ts';
import type { Check } from '../../core/check.ts';
import { listOf, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import type { ActionsOf } from '../../core/service.ts';
import { KMS } from '../kms/contract.ts';
import { fileSystemArn, idOf, type Store } from './state.ts';

/** What else the caller needs on EC2. */
const ON_EC2: Readonly<Record<string, readonly string[]>> = {
  CreateMountTarget: ['DescribeSubnets', 'DescribeNetworkInterfaces', 'CreateNetworkInterface'],
  ModifyMountTargetSecurityGroups: ['ModifyNetworkInterfaceAttribute'],
  DeleteMountTarget: ['DeleteNetworkInterface'],
};

const onEc2 = (call: Call): Check[] =>
  (ON_EC2[call.operation] ?? []).map((operation) => ({
    action: `ec2:${operation}`,
    resource: operation.startsWith('Describe') ? '*' : `arn:aws:ec2:${call.region}:${call.account}:network-interface/*`,
  }));

/** The file system behind a call: its own, or that of its mount target. */
const fileSystemOf = (call: Call, store: Store): string => {
  const named = textOf(call.params, 'FileSystemId') || textOf(call.params, 'ResourceId');
  if (named) return idOf(named);
  return store.of(call).mountTargets.get(textOf(call.params, 'MountTargetId'))?.fileSystemId ?? '*';
};

export const efsActions =
  (store: Store): ActionsOf =>
  async (call, world) => {
    const action = `elasticfilesystem:${call.operation}`;
    const { params } = call;
    const tags = tagContext(params.Tags);
    if (call.operation !== 'CreateFileSystem') {
      const resource = fileSystemArn(call, fileSystemOf(call, store));
      const context = { ...tags, ...tagKeysContext(listOf(params, 'TagKeys')) };
      return [{ action, resource, context }, ...onEc2(call)];
    }
    const encrypted = { 'elasticfilesystem:Encrypted': String(params.Encrypted === true) };
    const checks: Check[] = [{ action, resource: '*', context: { ...tags, ...encrypted } }];
    if (Object.keys(tags).length > 0) {
      checks.push({
        action: 'elasticfilesystem:TagResource',
        resource: fileSystemArn(call, '*'),
        context: { ...tags, 'elasticfilesystem:CreateAction': 'CreateFileSystem' },
      });
    }
    const key = await world.service(KMS).keyArn(call.account, call.region, textOf(params, 'KmsKeyId'));
    const context = { 'kms:ViaService': `elasticfilesystem.${call.region}.amazonaws.com` };
    for (const right of key ? ['kms:DescribeKey', 'kms:CreateGrant'] : []) {
      checks.push({ action: right, resource: String(key), context });
    }
    return checks;
  };
