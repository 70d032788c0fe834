/**
 * What FSx keeps, per account and region. Nothing of it goes to moto, whose file systems never change their state.
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_FileSystem.html
 * @see https://docs.aws.amazon.com/fsx/latest/APIReference/API_Backup.html
 */
import { AwsError } from '../../core/error.ts';
import type { Params } from '../../core/params.ts';

export interface FileSystem {
  readonly id: string;
  readonly createdAt: number;
  /** That of its creation; what it has grown to stands in `growths`. */
  readonly storageCapacity: number;
  /** The newest last. */
  readonly growths: Growth[];
  readonly storageType: string;
  readonly version: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly interfaceIds: readonly string[];
  readonly kmsKeyId: string | undefined;
  /** As FSx shows it. */
  readonly lustre: Params & { readonly DeploymentType: string; readonly MountName: string };
  tags: Record<string, string>;
  /** Milliseconds since the epoch: `CREATING` until then. */
  readonly doneAt: number;
  /** `FAILED` with this text, once it is done. */
  readonly failure: string | undefined;
  /** `DELETING` until then, gone from then on. */
  goneAt: number | undefined;
}

/** An increase: the file system is UPDATING until servers are added, then data is spread over them. */
export interface Growth {
  readonly to: number;
  readonly requestedAt: number;
  readonly doneAt: number;
  readonly spreadAt: number;
  /** Another one is taken from then on. */
  readonly nextAt: number;
}

export interface Backup {
  readonly id: string;
  readonly createdAt: number;
  readonly fileSystem: FileSystem;
  tags: Record<string, string>;
  readonly doneAt: number;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Regional extends Place {
  readonly fileSystems: Map<string, FileSystem>;
  readonly backups: Map<string, Backup>;
  /** By operation and client request token: what was asked, and what it made. */
  readonly tokens: Map<string, { readonly fingerprint: string; readonly id: string }>;
}

/** `now` in milliseconds since the epoch: what is past its end then is no longer there. */
export const createStore = (now: () => number) => {
  const regions = new Map<string, Regional>();
  const swept = (at: Regional): Regional => {
    for (const [id, { goneAt }] of at.fileSystems) {
      if (goneAt !== undefined && now() >= goneAt) at.fileSystems.delete(id);
    }
    return at;
  };
  return {
    of({ account, region }: Place): Regional {
      const key = `${account}/${region}`;
      const found = regions.get(key) ?? {
        account,
        region,
        fileSystems: new Map(),
        backups: new Map(),
        tokens: new Map(),
      };
      regions.set(key, found);
      return swept(found);
    },
    all: (account: string): Regional[] => [...regions.values()].filter((each) => each.account === account).map(swept),
  };
};
export type Store = ReturnType<typeof createStore>;

type Lifecycle = 'CREATING' | 'AVAILABLE' | 'UPDATING' | 'FAILED' | 'DELETING';

export const lifecycleOf = ({ doneAt, goneAt, failure, growths }: FileSystem, now: number): Lifecycle => {
  if (goneAt !== undefined) return 'DELETING';
  if (now < doneAt) return 'CREATING';
  if (failure !== undefined) return 'FAILED';
  return growths.some((growth) => now < growth.doneAt) ? 'UPDATING' : 'AVAILABLE';
};

/** GiB: what is being added does not count yet. */
export const capacityOf = ({ storageCapacity, growths }: FileSystem, now: number): number =>
  growths.findLast(({ doneAt }) => now >= doneAt)?.to ?? storageCapacity;

export const backupLifecycleOf = ({ doneAt }: Backup, now: number): 'CREATING' | 'AVAILABLE' =>
  now < doneAt ? 'CREATING' : 'AVAILABLE';

export const fsxArn = ({ account, region }: Place, type: 'file-system' | 'backup', id: string): string =>
  `arn:aws:fsx:${region}:${account}:${type}/${id}`;

/** Errors of FSx name their text `Message`. */
export const fsxError = (code: string, message: string, extra: Readonly<Record<string, string>> = {}): AwsError =>
  new AwsError(code, message, 400, { Message: message, ...extra });

export const badRequest = (message: string): AwsError => fsxError('BadRequest', message);

/** @throws AwsError FileSystemNotFound */
export const mustFindFileSystem = (at: Regional, id: string): FileSystem => {
  const found = at.fileSystems.get(id);
  if (!found) throw fsxError('FileSystemNotFound', `File system '${id}' does not exist.`);
  return found;
};

export const isScratch = ({ lustre }: FileSystem): boolean => lustre.DeploymentType.startsWith('SCRATCH');

export const newId = (prefix: string): string => `${prefix}-0${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`;

const PAGE_MAX = 2_147_483_647;

/** The token is an offset, which clients must not look into. */
export const pageOf = <T>(all: readonly T[], params: Params): { page: T[]; NextToken?: string } => {
  const size = Number(params.MaxResults ?? PAGE_MAX);
  const start = params.NextToken === undefined ? 0 : Number(Buffer.from(String(params.NextToken), 'base64url'));
  if (!(size >= 1) || !Number.isInteger(start) || start < 0) throw badRequest('MaxResults or NextToken is not valid.');
  const end = start + size;
  return {
    page: all.slice(start, end),
    ...(end < all.length && { NextToken: Buffer.from(`${end}`).toString('base64url') }),
  };
};
