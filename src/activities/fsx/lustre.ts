/**
 * FSx for Lustre: CREATING for 5 to 15 minutes, then AVAILABLE or FAILED; DELETING for some more, and then nothing. A
 * client request token gives the same file system again; later it is found by its owner's tag, since it has no name.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/file-system-lifecycle-states.html
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html it grows alone, every six hours
 */
import {
  CreateFileSystemCommand,
  DescribeFileSystemsCommand,
  type FileSystem,
  type FSxClient,
  TagResourceCommand,
  UpdateFileSystemCommand,
} from '@aws-sdk/client-fsx';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { fail } from '#domain/core/failures.ts';
import { createdTags, isForeign, isOwnedBy, type Made, originOf, tagList, tagsOf } from '#domain/core/ownership.ts';
import type { FileSystemPlace, Lustre, LustreSpec } from '#domain/resources/file-system.ts';
import type { ActivityDeps } from '../deps.ts';
import { clientToken, createWithToken } from '../ec2/client-token.ts';
import { adopt } from '../shared/adopt.ts';
import { lookAgain } from '../shared/look.ts';

const TYPE = 'AWS::FSx::FileSystem';

export type Fsx = AwsClient<FSxClient>;

/** FSx takes at most so many characters. */
const TOKEN_LENGTH_MAX = 63;

/** Of Lustre: all deployments have it, and the clients of all current images mount it. */
const VERSION = '2.15';

/** MB/s for each TiB: the least that persistent storage is made with. Scratch has 200 without being asked. */
const PERSISTENT_THROUGHPUT = 125;

export const lustreActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const create = (
    fsx: Fsx,
    spec: LustreSpec,
    place: FileSystemPlace,
    failed: readonly string[],
  ): Promise<FileSystem> => {
    const { clientRequestToken, storageCapacity, deployment, kmsKeyId, owner, tags } = spec;
    const asked = [clientRequestToken, storageCapacity, deployment, place.subnetId, place.securityGroupId];
    return createWithToken({
      deps,
      what: `file system ${spec.name}`,
      // The token of one that failed would give that one again.
      token: [owner, ...asked, ...failed],
      idOf: ({ FileSystemId }) => FileSystemId,
      async create(token) {
        const command = new CreateFileSystemCommand({
          ClientRequestToken: token.slice(0, TOKEN_LENGTH_MAX),
          FileSystemType: 'LUSTRE',
          FileSystemTypeVersion: VERSION,
          StorageType: 'SSD',
          StorageCapacity: storageCapacity,
          SubnetIds: [place.subnetId],
          SecurityGroupIds: [place.securityGroupId],
          ...(kmsKeyId !== null && { KmsKeyId: kmsKeyId }),
          LustreConfiguration: {
            DeploymentType: deployment,
            ...(deployment === 'PERSISTENT_2' && { PerUnitStorageThroughput: PERSISTENT_THROUGHPUT }),
          },
          Tags: tagList({ ...tags, ...createdTags(owner) }),
        });
        return (await fsx.send(command)).FileSystem ?? {};
      },
      isVisible: async ({ FileSystemId = '' }) => (await findById(fsx, FileSystemId)) !== undefined,
    });
  };

  /** Asked for once: what is under way is waited for. */
  const grow = async (fsx: Fsx, { name, owner, storageCapacity }: LustreSpec, found: FileSystem): Promise<void> => {
    const { FileSystemId = '', StorageCapacity = 0 } = found;
    const [last] = growthsOf(found);
    if (StorageCapacity >= storageCapacity || (last?.to === storageCapacity && last.status !== 'FAILED')) return;
    if (last && UNDER_WAY.includes(last.status)) {
      throw lookAgain(`file system ${FileSystemId} (${name}) grows to ${last.to} GiB first`, deps);
    }
    const ClientRequestToken = clientToken(owner, FileSystemId, StorageCapacity, storageCapacity, last?.at ?? '');
    const command = new UpdateFileSystemCommand({
      FileSystemId,
      StorageCapacity: storageCapacity,
      ClientRequestToken: ClientRequestToken.slice(0, TOKEN_LENGTH_MAX),
    });
    await fsx.send(command);
  };

  /** What was added may be used as soon as it is there; its data is spread over it for days. */
  const assertGrown = (found: FileSystem, { name, storageCapacity }: LustreSpec): void => {
    const { FileSystemId, StorageCapacity = 0 } = found;
    if (StorageCapacity >= storageCapacity) return;
    const [last] = growthsOf(found);
    if (last?.status === 'FAILED') {
      throw fail('Invalid', `file system ${FileSystemId} (${name}) did not grow to ${last.to} GiB: ${last.reason}`);
    }
    throw lookAgain(`file system ${FileSystemId} has ${StorageCapacity} GiB, and grows to ${storageCapacity}`, deps);
  };

  return {
    /**
     * In one subnet, behind the group. What is there keeps its place, its key and its kind, and grows to its size: what is
     * larger stays so.
     * @throws Invalid where it grew a short while ago; NotYet while an earlier one is being deleted; QuotaExceeded.
     */
    async ensureLustre(spec: LustreSpec, place: FileSystemPlace): Promise<{ made: Made; fileSystemId: string }> {
      const { name, owner } = spec;
      const fsx = deps.aws.fsx(spec.account);
      const own = await findOwn(fsx, spec);
      const leaving = own.find(({ Lifecycle }) => Lifecycle === 'DELETING');
      if (leaving) throw lookAgain(`file system ${leaving.FileSystemId} is being deleted; another is made then`, deps);
      const found = own.find(({ Lifecycle }) => Lifecycle !== 'FAILED');
      if (!found) {
        const failed = own.map(({ FileSystemId = '' }) => FileSystemId).toSorted();
        const { FileSystemId: id = '' } = await create(fsx, spec, place, failed);
        return { made: { type: TYPE, id, name, origin: 'created' }, fileSystemId: id };
      }
      const { FileSystemId: id = '', ResourceARN } = found;
      const tags = tagsOf(found.Tags);
      const lacking = tagList(adopt({ what: `file system ${id} (${name})`, tags }, spec));
      if (lacking.length > 0) await fsx.send(new TagResourceCommand({ ResourceARN, Tags: lacking }));
      await grow(fsx, spec, found);
      return { made: { type: TYPE, id, name, origin: originOf(tags, owner) }, fileSystemId: id };
    },

    /**
     * One look. @throws NotYet until it is available, in its size; Invalid with the service's reason where it never will
     * be.
     */
    async awaitLustreAvailable(spec: LustreSpec, fileSystemId: string): Promise<Lustre> {
      const found = await findById(deps.aws.fsx(spec.account), fileSystemId);
      if (found?.Lifecycle === 'AVAILABLE' || found?.Lifecycle === 'UPDATING') {
        assertGrown(found, spec);
        return lustreOf(found);
      }
      if (found && found.Lifecycle !== 'CREATING') {
        const reason = found.FailureDetails?.Message ? `: ${found.FailureDetails.Message}` : '';
        throw fail('Invalid', `file system ${fileSystemId} (${spec.name}) is ${found.Lifecycle}${reason}`);
      }
      throw lookAgain(`file system ${fileSystemId} is ${found?.Lifecycle ?? 'not visible yet'}`, deps);
    },
  };
};

/** Not those that FSx says are over, also where the data is still being spread. */
const UNDER_WAY = ['PENDING', 'IN_PROGRESS'];

interface Growth {
  /** GiB */
  readonly to: number;
  readonly status: string;
  readonly at: string;
  readonly reason: string;
}

/** What it was asked to grow to, the newest first. */
const growthsOf = ({ AdministrativeActions = [] }: FileSystem): readonly Growth[] =>
  AdministrativeActions.filter(
    ({ AdministrativeActionType: type, TargetFileSystemValues: target }) =>
      type === 'FILE_SYSTEM_UPDATE' && target?.StorageCapacity !== undefined,
  )
    .map(({ Status = '', RequestTime, TargetFileSystemValues, FailureDetails }) => ({
      to: TargetFileSystemValues?.StorageCapacity ?? 0,
      status: Status,
      at: RequestTime?.toISOString() ?? '',
      reason: FailureDetails?.Message ?? 'FSx gives no reason',
    }))
    .toSorted((one, other) => (one.at < other.at ? 1 : -1));

/** How it is mounted. */
const lustreOf = ({ FileSystemId = '', DNSName = '', LustreConfiguration }: FileSystem): Lustre => ({
  id: FileSystemId,
  dnsName: DNSName,
  mountName: LustreConfiguration?.MountName ?? '',
});

/** All of Lustre, over all pages: FSx finds none by tag or name. */
export const listLustre = async (fsx: Fsx): Promise<FileSystem[]> => {
  const found = await collect(async (NextToken) => {
    const answer = await fsx.send(new DescribeFileSystemsCommand({ NextToken }));
    return { items: answer.FileSystems, next: answer.NextToken };
  });
  return found.filter(({ FileSystemType }) => FileSystemType === 'LUSTRE');
};

/** Those of the owner, also those that failed. */
export const findOwn = async (fsx: Fsx, { owner }: LustreSpec): Promise<FileSystem[]> =>
  (await listLustre(fsx)).filter(({ Tags }) => isOwnedBy(tagsOf(Tags), owner) && !isForeign(tagsOf(Tags), owner));

const findById = async (fsx: Fsx, id: string): Promise<FileSystem | undefined> => {
  const answer = await fsx.send(new DescribeFileSystemsCommand({ FileSystemIds: [id] })).catch(ignoreNotFound);
  return answer?.FileSystems?.[0];
};
