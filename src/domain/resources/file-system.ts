/** File systems that jobs share: Amazon EFS and FSx for Lustre. */
import type { Removal } from '../core/ownership.ts';
import type { ResourceSpec, Spec } from './spec.ts';

/**
 * What becomes of the data of a file system when its owner goes. `retain`: it stays, and is nobody's from then on;
 * `snapshot`: a backup is made first, of FSx alone; `delete`: it goes, where it is not empty only if somebody confirmed it.
 */
export type DataGuard = 'retain' | 'snapshot' | 'delete';

/** EFS, One Zone, encrypted, without backups unless they are asked for. Known by its creation token. */
export interface EfsSpec extends ResourceSpec {
  /** At most 64 characters: the same token never makes a second one. */
  readonly creationToken: string;
  /** Id or ARN; null: AWS's key for EFS. */
  readonly kmsKeyId: string | null;
}

/** Where a file system is mounted from. */
export interface FileSystemPlace {
  readonly subnetId: string;
  readonly zone: string;
  readonly securityGroupId: string;
}

/**
 * `SCRATCH_2`: half the price and as fast, for what can be computed again; a file server that fails takes its part of the
 * data along, and there are no backups. `PERSISTENT_2`: data is kept twice, and can be backed up.
 * @see https://docs.aws.amazon.com/fsx/latest/LustreGuide/using-fsx-lustre.html
 */
export type LustreDeployment = 'SCRATCH_2' | 'PERSISTENT_2';

/** FSx for Lustre. Known by its client request token. */
export interface LustreSpec extends ResourceSpec {
  /** At most 63 characters. */
  readonly clientRequestToken: string;
  /** GiB: 1,200 or a multiple of 2,400. */
  readonly storageCapacity: number;
  readonly deployment: LustreDeployment;
  readonly kmsKeyId: string | null;
}

export interface Lustre {
  readonly id: string;
  readonly dnsName: string;
  /** What is mounted of it: `<dnsName>@tcp:/<mountName>`. */
  readonly mountName: string;
}

/** One security group for what is mounted: NFS or Lustre, from its own members alone. */
export interface OwnSecurityGroupSpec extends ResourceSpec {
  readonly description: string;
  /** TCP ports that members may reach on members, both ends included. */
  readonly fromMembers: readonly { readonly fromPort: number; readonly toPort: number }[];
}

/** A removal of data: what is not empty goes only where somebody said so. */
export interface GuardedRemoval extends Spec {
  readonly data: DataGuard;
  /** Somebody has confirmed that what is in it may go. */
  readonly confirmed: boolean;
}

/** What is done with a file system: `backup` is a backup first, and then it goes; `refuse`: nothing, and its owner is told. */
export type Fate = 'keep' | 'backup' | 'delete' | 'refuse';

interface Fateful {
  /** By the run that made it, which failed; or by its owner, at the end. */
  readonly by: Removal['by'];
  /** Nobody can have written anything into it. */
  readonly empty: boolean;
}

/** Data is never lost without a backup, or a confirmation. What a failed run made and nobody used, nobody misses. */
export const fateOf = (
  { data, confirmed }: Pick<GuardedRemoval, 'data' | 'confirmed'>,
  { by, empty }: Fateful,
): Fate => {
  if (empty && by === 'run') return 'delete';
  if (data === 'retain') return 'keep';
  if (empty) return 'delete';
  if (data === 'snapshot') return 'backup';
  return confirmed ? 'delete' : 'refuse';
};
