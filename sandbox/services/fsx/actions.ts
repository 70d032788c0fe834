/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonfsx.html */
import type { Check } from '../../core/check.ts';
import { listOf, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import type { ActionsOf } from '../../core/service.ts';
import { KMS } from '../kms/contract.ts';
import { finalBackupTags } from './backups.ts';
import { fsxArn } from './state.ts';

/** A create, and the right to tag what it makes where tags are given with it. */
const created = (action: string, resource: string, tags: unknown): Check[] => {
  const context = tagContext(tags);
  return [
    { action: `fsx:${action}`, resource, context },
    ...(Object.keys(context).length > 0 ? [{ action: 'fsx:TagResource', resource, context }] : []),
  ];
};

export const fsxActions: ActionsOf = async (call, world) => {
  const { operation, params } = call;
  const action = `fsx:${operation}`;
  const fileSystem = (): string => fsxArn(call, 'file-system', textOf(params, 'FileSystemId') || '*');
  switch (operation) {
    case 'CreateFileSystem': {
      const checks = created(operation, fsxArn(call, 'file-system', '*'), params.Tags);
      const key = await world.service(KMS).keyArn(call.account, call.region, textOf(params, 'KmsKeyId'));
      const context = { 'kms:ViaService': `fsx.${call.region}.amazonaws.com` };
      const rights = key ? ['kms:DescribeKey', 'kms:CreateGrant'] : [];
      return [...checks, ...rights.map((right) => ({ action: right, resource: String(key), context }))];
    }
    case 'CreateBackup':
      return [
        ...created(operation, fsxArn(call, 'backup', '*'), params.Tags),
        { action, resource: fileSystem(), context: tagContext(params.Tags) },
      ];
    case 'DeleteFileSystem': {
      const tags = finalBackupTags(params);
      const backup = tags ? created('CreateBackup', fsxArn(call, 'backup', '*'), tags) : [];
      return [{ action, resource: fileSystem() }, ...backup];
    }
    case 'UpdateFileSystem':
      return [{ action, resource: fileSystem() }];
    case 'DeleteBackup':
      return [{ action, resource: fsxArn(call, 'backup', textOf(params, 'BackupId')) }];
    case 'TagResource':
    case 'UntagResource':
    case 'ListTagsForResource': {
      const context = { ...tagContext(params.Tags), ...tagKeysContext(listOf(params, 'TagKeys')) };
      return [{ action, resource: textOf(params, 'ResourceARN'), context }];
    }
    default:
      return undefined;
  }
};
