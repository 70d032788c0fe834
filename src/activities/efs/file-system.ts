/**
 * An EFS file system: creating → available, or error; deleting → deleted, and then nothing. Its creation token names it for
 * as long as it lives, so a repeated create makes no second one.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html
 */
import {
  CreateFileSystemCommand,
  DescribeFileSystemsCommand,
  type DescribeFileSystemsCommandInput,
  DescribeLifecycleConfigurationCommand,
  type EFSClient,
  type FileSystemDescription,
  type LifecyclePolicy,
  PutLifecycleConfigurationCommand,
  TagResourceCommand,
} from '@aws-sdk/client-efs';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { createdTags, type Made, originOf, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { EfsSpec } from '#domain/resources/file-system.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { lookAgain } from '../shared/look.ts';
import { whenVisible } from '../shared/visible.ts';

const TYPE = 'AWS::EFS::FileSystem';

export type Efs = AwsClient<EFSClient>;

/** What nobody has read for a month is moved to infrequent access, where it costs a small part. */
const LIFECYCLE: readonly LifecyclePolicy[] = [{ TransitionToIA: 'AFTER_30_DAYS' }];

export const efsActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const create = async (efs: Efs, spec: EfsSpec, zone: string): Promise<string> => {
    const { creationToken, kmsKeyId, tags, owner } = spec;
    const command = new CreateFileSystemCommand({
      CreationToken: creationToken,
      AvailabilityZoneName: zone,
      Encrypted: true,
      ...(kmsKeyId !== null && { KmsKeyId: kmsKeyId }),
      // In one zone they are on unless they are refused.
      Backup: false,
      Tags: tagList({ ...tags, ...createdTags(owner) }),
    });
    return (await efs.send(command)).FileSystemId ?? '';
  };

  return {
    /**
     * In one zone, encrypted, without backups. What is there keeps its zone and its key: neither can be changed without
     * losing the data.
     * @throws Conflict; AlreadyExists while it is not visible yet; NotYet while an earlier one is being deleted.
     */
    async ensureEfs(spec: EfsSpec, zone: string): Promise<{ made: Made; fileSystemId: string }> {
      const { name, owner } = spec;
      const efs = deps.aws.efs(spec.account);
      const found = await findByToken(efs, spec);
      if (!found) {
        const id = await create(efs, spec, zone);
        return { made: { type: TYPE, id, name, origin: 'created' }, fileSystemId: id };
      }
      const { FileSystemId: id = '', LifeCycleState } = found;
      const tags = tagsOf(found.Tags);
      const lacking = tagList(adopt({ what: `file system ${id} (${name})`, tags }, spec));
      if (LifeCycleState === 'deleting') {
        throw lookAgain(`file system ${id} is being deleted; another is made then`, deps);
      }
      if (lacking.length > 0) await efs.send(new TagResourceCommand({ ResourceId: id, Tags: lacking }));
      return { made: { type: TYPE, id, name, origin: originOf(tags, owner) }, fileSystemId: id };
    },

    /** One look. @throws NotYet until it is available; Invalid where it never will be. */
    async awaitEfsAvailable(spec: EfsSpec, fileSystemId: string): Promise<void> {
      const state = (await findById(deps.aws.efs(spec.account), fileSystemId))?.LifeCycleState;
      if (state === 'available' || state === 'updating') return;
      if (state === 'error' || state === 'deleting') {
        throw fail('Invalid', `file system ${fileSystemId} (${spec.name}) is in the state ${state}`);
      }
      throw lookAgain(`file system ${fileSystemId} is ${state ?? 'not visible yet'}`, deps);
    },

    /** What is not used moves to infrequent access. EFS takes this of an available one alone. */
    ensureEfsSettings: (spec: EfsSpec, fileSystemId: string): Promise<void> =>
      whenVisible(`file system ${fileSystemId}`, deps, async () => {
        const efs = deps.aws.efs(spec.account);
        const FileSystemId = fileSystemId;
        const { LifecyclePolicies = [] } = await efs.send(new DescribeLifecycleConfigurationCommand({ FileSystemId }));
        if (isLifecycle(LifecyclePolicies)) return;
        const command = new PutLifecycleConfigurationCommand({ FileSystemId, LifecyclePolicies: [...LIFECYCLE] });
        await efs.send(command);
      }),
  };
};

const isLifecycle = (found: readonly LifecyclePolicy[]): boolean =>
  found.length === LIFECYCLE.length && found.every(({ TransitionToIA }) => TransitionToIA === 'AFTER_30_DAYS');

/** Over all pages; an id that does not exist is nothing. One that was deleted counts as gone. */
export const listFileSystems = async (
  efs: Efs,
  wanted: Pick<DescribeFileSystemsCommandInput, 'FileSystemId' | 'CreationToken'> = {},
): Promise<FileSystemDescription[]> => {
  const found = await collect(async (Marker) => {
    const answer = await efs.send(new DescribeFileSystemsCommand({ ...wanted, Marker })).catch(ignoreNotFound);
    return { items: answer?.FileSystems, next: answer?.NextMarker };
  });
  return found.filter(({ LifeCycleState }) => LifeCycleState !== 'deleted');
};

export const findById = async (efs: Efs, FileSystemId: string): Promise<FileSystemDescription | undefined> =>
  (await listFileSystems(efs, { FileSystemId }))[0];

export const findByToken = async (efs: Efs, spec: EfsSpec): Promise<FileSystemDescription | undefined> =>
  (await listFileSystems(efs, { CreationToken: spec.creationToken }))[0];
