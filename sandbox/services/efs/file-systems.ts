/**
 * File systems: `creating` for some seconds, `deleting` for some more; a creation token names one for as long as it
 * lives; one with mount targets is in use.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_DeleteFileSystem.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { textOf } from '../../core/params.ts';
import { KMS } from '../kms/contract.ts';
import type { EfsDeps } from './context.ts';
import { pageOf } from './pages.ts';
import {
  badRequest,
  efsError,
  type FileSystem,
  fileSystemArn,
  mountTargetsOf,
  mustFindFileSystem,
  newId,
  type Regional,
  stateOf,
} from './state.ts';
import { checkTags, tagList } from './tags.ts';

const AVAILABLE_AFTER_MS = 6_000;
const GONE_AFTER_MS = 10_000;
const SPREAD = 0.4;
/** What an empty file system is metered with. */
const EMPTY_BYTES = 6_144;
const TOKEN_LENGTH_MAX = 64;

export const fileSystemRules = (deps: EfsDeps): Record<string, Rule> => ({
  CreateFileSystem: create(deps),
  DescribeFileSystems: describe(deps),
  DeleteFileSystem: remove(deps),
});

const zonesOf = (region: string): string[] => ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `${region}${letter}`);

/** @throws AwsError */
const checkOptions = ({ params, region }: Call): void => {
  const token = textOf(params, 'CreationToken');
  if (token === '' || token.length > TOKEN_LENGTH_MAX) {
    throw badRequest(`The creation token must have 1 to ${TOKEN_LENGTH_MAX} characters.`);
  }
  const zone = textOf(params, 'AvailabilityZoneName');
  if (zone && !zonesOf(region).includes(zone)) {
    throw efsError('UnsupportedAvailabilityZone', `The Availability Zone '${zone}' is not supported.`, 400);
  }
  const performance = textOf(params, 'PerformanceMode') || 'generalPurpose';
  if (!['generalPurpose', 'maxIO'].includes(performance)) throw badRequest(`Unknown performance mode ${performance}.`);
  if (zone && performance === 'maxIO') {
    throw badRequest('The maxIO performance mode is not supported for One Zone file systems.');
  }
  const throughput = textOf(params, 'ThroughputMode') || 'bursting';
  if (!['bursting', 'provisioned', 'elastic'].includes(throughput)) {
    throw badRequest(`Unknown throughput mode ${throughput}.`);
  }
  if ((throughput === 'provisioned') !== (params.ProvisionedThroughputInMibps !== undefined)) {
    throw badRequest('ProvisionedThroughputInMibps belongs to the throughput mode provisioned.');
  }
  if (params.KmsKeyId !== undefined && params.Encrypted !== true) {
    throw badRequest('KmsKeyId can only be given for an encrypted file system.');
  }
};

const keyArn = async ({ world }: EfsDeps, call: Call): Promise<string | undefined> => {
  if (call.params.Encrypted !== true) return undefined;
  const named = textOf(call.params, 'KmsKeyId');
  if (!named) return `arn:aws:kms:${call.region}:${call.account}:alias/aws/elasticfilesystem`;
  const key = await world.service(KMS).findKey(call.account, call.region, named);
  if (!key?.Arn || !key.Enabled) throw badRequest(`The KMS key '${named}' does not exist or is not enabled.`);
  return key.Arn;
};

const create =
  (deps: EfsDeps): Rule =>
  async (call) => {
    const { world, store } = deps;
    const { params } = call;
    checkOptions(call);
    const creationToken = textOf(params, 'CreationToken');
    const tags = checkTags(params.Tags);
    const kmsKeyId = await keyArn(deps, call);
    const at = store.of(call);
    const known = [...at.fileSystems.values()].find((each) => each.creationToken === creationToken);
    if (known) {
      const text = `File system '${known.id}' already exists with creation token '${creationToken}'`;
      throw efsError('FileSystemAlreadyExists', text, 409, { FileSystemId: known.id });
    }
    const zone = textOf(params, 'AvailabilityZoneName') || undefined;
    const now = world.now();
    const made: FileSystem = {
      id: newId('fs'),
      creationToken,
      createdAt: now,
      performanceMode: textOf(params, 'PerformanceMode') || 'generalPurpose',
      throughputMode: textOf(params, 'ThroughputMode') || 'bursting',
      provisionedThroughput: params.ProvisionedThroughputInMibps as number | undefined,
      encrypted: params.Encrypted === true,
      kmsKeyId,
      zone,
      tags,
      sizeBytes: EMPTY_BYTES,
      lifecyclePolicies: [],
      // A One Zone file system is backed up unless its maker says no.
      backup: (params.Backup ?? zone !== undefined) === true ? 'ENABLED' : undefined,
      availableAt: now + world.delay(AVAILABLE_AFTER_MS, SPREAD),
      goneAt: undefined,
    };
    at.fileSystems.set(made.id, made);
    return world.answer(call, shown(deps, at, made));
  };

const shown = ({ world }: EfsDeps, at: Regional, one: FileSystem): Record<string, unknown> => ({
  OwnerId: at.account,
  CreationToken: one.creationToken,
  FileSystemId: one.id,
  FileSystemArn: fileSystemArn(at, one.id),
  CreationTime: one.createdAt,
  LifeCycleState: stateOf(one, world.now()),
  ...(one.tags.Name !== undefined && { Name: one.tags.Name }),
  NumberOfMountTargets: mountTargetsOf(at, one.id).length,
  SizeInBytes: { Value: one.sizeBytes, ValueInIA: 0, ValueInStandard: one.sizeBytes, ValueInArchive: 0 },
  PerformanceMode: one.performanceMode,
  ThroughputMode: one.throughputMode,
  ...(one.provisionedThroughput !== undefined && { ProvisionedThroughputInMibps: one.provisionedThroughput }),
  Encrypted: one.encrypted,
  ...(one.kmsKeyId && { KmsKeyId: one.kmsKeyId }),
  ...(one.zone && { AvailabilityZoneName: one.zone }),
  FileSystemProtection: { ReplicationOverwriteProtection: 'ENABLED' },
  Tags: tagList(one.tags),
});

const describe =
  (deps: EfsDeps): Rule =>
  async (call) => {
    const at = deps.store.of(call);
    const id = textOf(call.params, 'FileSystemId');
    const token = textOf(call.params, 'CreationToken');
    if (id && token) throw badRequest('Specify either FileSystemId or CreationToken, not both.');
    // A token that nobody used is an empty list, an id that does not exist is an error.
    const found = id
      ? [mustFindFileSystem(at, id)]
      : [...at.fileSystems.values()].filter((each) => !token || each.creationToken === token);
    const { page, ...more } = pageOf(found, call);
    return deps.world.answer(call, { ...more, FileSystems: page.map((each) => shown(deps, at, each)) });
  };

const remove =
  ({ world, store }: EfsDeps): Rule =>
  async (call) => {
    const at = store.of(call);
    const found = mustFindFileSystem(at, textOf(call.params, 'FileSystemId'));
    if (mountTargetsOf(at, found.id).length > 0) {
      throw efsError('FileSystemInUse', `File system '${found.id}' has mount targets created in it.`, 409);
    }
    found.goneAt ??= world.now() + world.delay(GONE_AFTER_MS, SPREAD);
    return world.answer(call, {});
  };
