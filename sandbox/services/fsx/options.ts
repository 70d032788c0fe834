/**
 * Which options of a Lustre file system go together.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystem.html
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_CreateFileSystemLustreConfiguration.html
 */
import type { Call } from '../../core/call.ts';
import { listOf, objectOf, type Params, textOf } from '../../core/params.ts';
import { badRequest, fsxError } from './state.ts';

const DEPLOYMENTS = ['SCRATCH_1', 'SCRATCH_2', 'PERSISTENT_1', 'PERSISTENT_2'];
const VERSIONS = ['2.10', '2.12', '2.15'];
const RETENTION_DAYS_MAX = 90;

/** MB/s for each TiB, by deployment and storage. */
const THROUGHPUTS: Readonly<Record<string, readonly number[]>> = {
  'PERSISTENT_1 SSD': [50, 100, 200],
  'PERSISTENT_1 HDD': [12, 40],
  'PERSISTENT_2 SSD': [125, 250, 500, 1000],
};

export interface LustreOptions {
  readonly deployment: string;
  readonly storageType: string;
  readonly version: string;
  readonly capacity: number;
  readonly configuration: Params;
}

/** @throws AwsError BadRequest, MissingFileSystemConfiguration, InvalidPerUnitStorageThroughput */
export const readOptions = ({ params }: Call): LustreOptions => {
  const type = textOf(params, 'FileSystemType');
  if (type !== 'LUSTRE') throw badRequest(`The sandbox makes file systems of type LUSTRE only, not ${type}.`);
  const configuration = objectOf(params, 'LustreConfiguration');
  const deployment = textOf(configuration, 'DeploymentType') || 'SCRATCH_1';
  const storageType = textOf(params, 'StorageType') || 'SSD';
  const isScratch = deployment.startsWith('SCRATCH');
  const options: LustreOptions = {
    deployment,
    storageType,
    version: textOf(params, 'FileSystemTypeVersion') || (deployment === 'PERSISTENT_2' ? '2.12' : '2.10'),
    capacity: Number(params.StorageCapacity),
    configuration,
  };
  if (!DEPLOYMENTS.includes(deployment)) throw badRequest(`The deployment type ${deployment} is not valid.`);
  if (!['SSD', 'HDD'].includes(storageType)) throw badRequest(`The storage type ${storageType} is not valid.`);
  if (storageType === 'HDD' && deployment !== 'PERSISTENT_1') {
    throw badRequest(`The storage type HDD is not supported for the deployment type ${deployment}.`);
  }
  checkCapacity(options);
  checkThroughput(options);
  if (!VERSIONS.includes(options.version)) throw badRequest(`The Lustre version ${options.version} is not valid.`);
  if (deployment === 'PERSISTENT_2' && options.version === '2.10') {
    throw badRequest('Lustre version 2.10 is not supported for the deployment type PERSISTENT_2.');
  }
  if (isScratch && params.KmsKeyId !== undefined) {
    throw badRequest(`KmsKeyId is not supported for the deployment type ${deployment}.`);
  }
  checkBackups(options, isScratch);
  if (listOf(params, 'SubnetIds').length !== 1) {
    throw badRequest('Exactly one subnet must be specified for a Lustre file system.');
  }
  return options;
};

const checkCapacity = ({ deployment, storageType, capacity, configuration }: LustreOptions): void => {
  const step = stepOf(deployment, storageType, Number(configuration.PerUnitStorageThroughput));
  const fits =
    storageType === 'HDD'
      ? capacity > 0 && capacity % step === 0
      : capacity === 1200 || capacity === 2400 || (capacity > 2400 && capacity % step === 0);
  if (!fits) {
    throw badRequest(
      `Storage capacity ${capacity} GiB is not valid for a ${deployment} file system on ${storageType}.`,
    );
  }
};

const stepOf = (deployment: string, storageType: string, throughput: number): number => {
  if (storageType === 'HDD') return throughput === 40 ? 1800 : 6000;
  return deployment === 'SCRATCH_1' ? 3600 : 2400;
};

const checkThroughput = ({ deployment, storageType, configuration }: LustreOptions): void => {
  const given = configuration.PerUnitStorageThroughput;
  const allowed = THROUGHPUTS[`${deployment} ${storageType}`];
  if (!allowed && given !== undefined) {
    throw badRequest(`PerUnitStorageThroughput is not supported for the deployment type ${deployment}.`);
  }
  if (allowed && given === undefined) {
    throw badRequest(`PerUnitStorageThroughput is required for the deployment type ${deployment}.`);
  }
  if (allowed && !allowed.includes(Number(given))) {
    const text = `PerUnitStorageThroughput for ${deployment} must be one of ${allowed.join(', ')}.`;
    throw fsxError('InvalidPerUnitStorageThroughput', text);
  }
};

const checkBackups = ({ configuration }: LustreOptions, isScratch: boolean): void => {
  const days = Number(configuration.AutomaticBackupRetentionDays ?? 0);
  if (!(days >= 0 && days <= RETENTION_DAYS_MAX)) {
    throw badRequest(`AutomaticBackupRetentionDays must be between 0 and ${RETENTION_DAYS_MAX}.`);
  }
  if (days > 0 && isScratch) throw badRequest('Backups are not supported for scratch file systems.');
};
