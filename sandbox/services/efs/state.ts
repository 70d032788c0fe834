/**
 * What EFS keeps, per account and region. Nothing of it goes to moto, whose file systems are available at once and take
 * any subnet.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_MountTargetDescription.html
 */
import type { Call } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';

export interface MountTarget {
  readonly id: string;
  readonly fileSystemId: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly address: string;
  readonly interfaceId: string;
  securityGroupIds: readonly string[];
  /** Milliseconds since the epoch: `creating` until then. */
  readonly availableAt: number;
  /** `deleting` until then, gone from then on. */
  goneAt: number | undefined;
}

export interface FileSystem {
  readonly id: string;
  readonly creationToken: string;
  readonly createdAt: number;
  readonly performanceMode: string;
  readonly throughputMode: string;
  readonly provisionedThroughput: number | undefined;
  readonly encrypted: boolean;
  /** ARN of the key; undefined for one that is not encrypted. */
  readonly kmsKeyId: string | undefined;
  /** One Zone: where it is. */
  readonly zone: string | undefined;
  tags: Record<string, string>;
  sizeBytes: number;
  /** One transition each, as they were given. */
  lifecyclePolicies: readonly Readonly<Record<string, unknown>>[];
  /** Undefined as long as nobody asked for one. */
  backup: 'ENABLED' | 'DISABLED' | undefined;
  readonly availableAt: number;
  goneAt: number | undefined;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Regional extends Place {
  readonly fileSystems: Map<string, FileSystem>;
  readonly mountTargets: Map<string, MountTarget>;
}

/** `now` in milliseconds since the epoch: what is past its end then is no longer there. */
export const createStore = (now: () => number) => {
  const regions = new Map<string, Regional>();
  const swept = (at: Regional): Regional => {
    for (const all of [at.fileSystems, at.mountTargets]) {
      for (const [id, { goneAt }] of all) if (goneAt !== undefined && now() >= goneAt) all.delete(id);
    }
    return at;
  };
  return {
    of({ account, region }: Place): Regional {
      const key = `${account}/${region}`;
      const found = regions.get(key) ?? { account, region, fileSystems: new Map(), mountTargets: new Map() };
      regions.set(key, found);
      return swept(found);
    },
    all: (account: string): Regional[] => [...regions.values()].filter((each) => each.account === account).map(swept),
  };
};
export type Store = ReturnType<typeof createStore>;

type State = 'creating' | 'available' | 'deleting';

export const stateOf = ({ availableAt, goneAt }: Pick<FileSystem, 'availableAt' | 'goneAt'>, now: number): State =>
  goneAt !== undefined ? 'deleting' : now < availableAt ? 'creating' : 'available';

export const mountTargetsOf = (at: Regional, fileSystemId: string): MountTarget[] =>
  [...at.mountTargets.values()].filter((each) => each.fileSystemId === fileSystemId);

export const fileSystemArn = ({ account, region }: Place, id: string): string =>
  `arn:aws:elasticfilesystem:${region}:${account}:file-system/${id}`;

/** EFS takes an id or an ARN wherever it asks for a file system. */
export const idOf = (idOrArn: string): string => idOrArn.slice(idOrArn.lastIndexOf('/') + 1);

/**
 * Every error of EFS names its code in its body, too.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html#API_CreateFileSystem_Errors
 */
export const efsError = (
  code: string,
  message: string,
  status: number,
  extra: Readonly<Record<string, string>> = {},
): AwsError => new AwsError(code, message, status, { ErrorCode: code, Message: message, ...extra });

export const badRequest = (message: string): AwsError => efsError('BadRequest', message, 400);

export const incorrectState = (id: string, state: string): AwsError =>
  efsError('IncorrectFileSystemLifeCycleState', `File system '${id}' is in life cycle state '${state}'.`, 409);

/** @throws AwsError FileSystemNotFound */
export const mustFindFileSystem = (at: Regional, idOrArn: string): FileSystem => {
  const found = at.fileSystems.get(idOf(idOrArn));
  if (!found) throw efsError('FileSystemNotFound', `File system '${idOf(idOrArn)}' does not exist.`, 404);
  return found;
};

/** @throws AwsError MountTargetNotFound */
export const mustFindMountTarget = (at: Regional, call: Call): MountTarget => {
  const id = textOf(call.params, 'MountTargetId');
  const found = at.mountTargets.get(id);
  if (!found) throw efsError('MountTargetNotFound', `Mount target '${id}' does not exist.`, 404);
  return found;
};

export const newId = (prefix: string): string => `${prefix}-0${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;
