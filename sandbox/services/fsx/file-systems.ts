/**
 * File systems: CREATING for minutes, then AVAILABLE or FAILED; DELETING for minutes more, in which their interfaces still
 * hold subnet and groups.
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/file-system-lifecycle-states.html
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_DeleteFileSystem.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { listOf, objectOf, textOf } from '../../core/params.ts';
import { EC2 } from '../ec2/contract.ts';
import { KMS } from '../kms/contract.ts';
import { takeFinalBackup } from './backups.ts';
import type { FsxDeps } from './context.ts';
import { type FsxNetwork, findNetwork } from './network.ts';
import { type LustreOptions, readOptions } from './options.ts';
import { CREATION_FAILS, DELETE_WHILE_CREATING } from './questions.ts';
import {
  badRequest,
  capacityOf,
  type FileSystem,
  isScratch,
  lifecycleOf,
  mustFindFileSystem,
  newId,
  pageOf,
} from './state.ts';
import { checkTags, tagList } from './tags.ts';
import { knownByToken, rememberToken } from './tokens.ts';
import { shownFileSystem } from './views.ts';

const DONE_AFTER_MS = 600_000;
const GONE_AFTER_MS = 240_000;
const GROWN_AFTER_MS = 300_000;
/** Hours to days. */
const SPREAD_AFTER_MS = 4 * 60 * 60_000;
const GROWS_EVERY_MS = 6 * 60 * 60_000;
const GROWS_BY_GIB = 2_400;
const SPREAD = 0.5;
const REQUESTER = 'amazon-fsx';
/** One for the metadata server, one for the object servers. */
const INTERFACES = 2;

export const fileSystemRules = (deps: FsxDeps): Record<string, Rule> => ({
  CreateFileSystem: (call, forward) => deps.serial(call.account, () => create(deps)(call, forward)),
  DescribeFileSystems: describe(deps),
  UpdateFileSystem: (call, forward) => deps.serial(call.account, () => grow(deps)(call, forward)),
  DeleteFileSystem: remove(deps),
});

const keyArn = async ({ world }: FsxDeps, call: Call): Promise<string | undefined> => {
  const named = textOf(call.params, 'KmsKeyId');
  if (!named) return undefined;
  const key = await world.service(KMS).findKey(call.account, call.region, named);
  if (!key?.Arn || !key.Enabled) throw badRequest(`The KMS key '${named}' does not exist or is not enabled.`);
  return key.Arn;
};

const lustreOf = ({ deployment, configuration }: LustreOptions): FileSystem['lustre'] => {
  const { ImportPath, ExportPath, ImportedFileChunkSize, AutoImportPolicy, ...rest } = configuration;
  const linked = ImportPath !== undefined && {
    DataRepositoryConfiguration: {
      Lifecycle: 'AVAILABLE',
      ImportPath,
      ExportPath,
      ImportedFileChunkSize,
      AutoImportPolicy,
    },
  };
  return {
    ...rest,
    ...linked,
    DeploymentType: deployment,
    MountName: deployment === 'SCRATCH_1' ? 'fsx' : crypto.randomUUID().slice(0, 8),
    DataCompressionType: textOf(rest, 'DataCompressionType') || 'NONE',
    CopyTagsToBackups: rest.CopyTagsToBackups ?? false,
    AutomaticBackupRetentionDays: rest.AutomaticBackupRetentionDays ?? 0,
  };
};

const create =
  (deps: FsxDeps): Rule =>
  async (call) => {
    const { world, store } = deps;
    const known = store.of(call).fileSystems.get(knownByToken(store.of(call), call) ?? '');
    if (known) return world.answer(call, { FileSystem: shownFileSystem(world, call, known) });
    const options = readOptions(call);
    const tags = checkTags(call.params.Tags);
    const kmsKeyId = await keyArn(deps, call);
    const network = await findNetwork(world, call);
    const id = newId('fs');
    const now = world.now();
    const made: FileSystem = {
      id,
      createdAt: now,
      storageCapacity: options.capacity,
      growths: [],
      storageType: options.storageType,
      version: options.version,
      ...network,
      interfaceIds: await interfacesOf(deps, call, id, network),
      kmsKeyId,
      lustre: lustreOf(options),
      tags,
      doneAt: now + world.delay(DONE_AFTER_MS, SPREAD),
      failure: world.assumed(call.account, CREATION_FAILS) ?? undefined,
      goneAt: undefined,
    };
    const at = store.of(call);
    at.fileSystems.set(id, made);
    rememberToken(at, call, id);
    return world.answer(call, { FileSystem: shownFileSystem(world, call, made) });
  };

const interfacesOf = async (
  { world }: FsxDeps,
  call: Call,
  id: string,
  { subnetId, securityGroupIds }: FsxNetwork,
): Promise<string[]> => {
  const ids: string[] = [];
  const wanted = { subnetId, securityGroupIds, description: `Created by Amazon FSx for ${id}`, requester: REQUESTER };
  for (let count = 0; count < INTERFACES; count++) {
    ids.push((await world.service(EC2).createInterface(call, wanted)).id);
  }
  return ids;
};

const describe =
  ({ world, store }: FsxDeps): Rule =>
  async (call) => {
    const at = store.of(call);
    const ids = listOf(call.params, 'FileSystemIds').map(String);
    const found = ids.length > 0 ? ids.map((id) => mustFindFileSystem(at, id)) : [...at.fileSystems.values()];
    const { page, ...more } = pageOf(found, call.params);
    return world.answer(call, { ...more, FileSystems: page.map((each) => shownFileSystem(world, call, each)) });
  };

/** Of all that can be updated, the size alone. */
const grow =
  ({ world, store }: FsxDeps): Rule =>
  async (call) => {
    const at = store.of(call);
    const found = mustFindFileSystem(at, textOf(call.params, 'FileSystemId'));
    const answer = () => world.answer(call, { FileSystem: shownFileSystem(world, call, found) });
    if (knownByToken(at, call)) return answer();
    const now = world.now();
    checkGrowth(found, Number(call.params.StorageCapacity), now);
    const doneAt = now + world.delay(GROWN_AFTER_MS, SPREAD);
    const spreadAt = doneAt + world.delay(SPREAD_AFTER_MS, SPREAD);
    const nextAt = now + world.delay(GROWS_EVERY_MS);
    found.growths.push({ to: Number(call.params.StorageCapacity), requestedAt: now, doneAt, spreadAt, nextAt });
    rememberToken(at, call, found.id);
    return answer();
  };

/**
 * @throws AwsError BadRequest
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_UpdateFileSystem.html
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/managing-storage-capacity.html
 */
const checkGrowth = (found: FileSystem, to: number, now: number): void => {
  const { id, lustre, growths } = found;
  const has = capacityOf(found, now);
  if (lifecycleOf(found, now) !== 'AVAILABLE') throw badRequest(`Cannot update file system ${id} in this state.`);
  if (lustre.DeploymentType === 'SCRATCH_1') throw badRequest('SCRATCH_1 file systems can not be scaled.');
  if (!(to > has)) throw badRequest(`The storage capacity must be greater than the current one of ${has} GiB.`);
  if (to % GROWS_BY_GIB !== 0) throw badRequest(`The storage capacity must be a multiple of ${GROWS_BY_GIB} GiB.`);
  if (growths.some(({ nextAt, spreadAt }) => now < nextAt || now < spreadAt)) {
    throw badRequest('The storage capacity was increased less than 6 hours ago, or is still being optimized.');
  }
};

const remove =
  (deps: FsxDeps): Rule =>
  async (call) => {
    const { world, store } = deps;
    const at = store.of(call);
    const found = mustFindFileSystem(at, textOf(call.params, 'FileSystemId'));
    const configuration = objectOf(call.params, 'LustreConfiguration');
    const lifecycle = lifecycleOf(found, world.now());
    const answer = (more: object = {}) =>
      world.answer(call, { FileSystemId: found.id, Lifecycle: 'DELETING', ...more });
    if (lifecycle === 'DELETING') return answer();
    if (lifecycle === 'CREATING' && world.assumed(call.account, DELETE_WHILE_CREATING) === 'refused') {
      throw badRequest(`Cannot delete file system ${found.id} while in CREATING state.`);
    }
    const backup = configuration.SkipFinalBackup === false ? takeFinalBackup(deps, call, found) : undefined;
    found.goneAt = world.now() + world.delay(GONE_AFTER_MS, SPREAD);
    for (const id of found.interfaceIds) world.service(EC2).releaseInterface(call, id, found.goneAt);
    if (!backup || isScratch(found)) return answer();
    return answer({ LustreResponse: { FinalBackupId: backup.id, FinalBackupTags: tagList(backup.tags) } });
  };
