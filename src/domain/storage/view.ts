/** A user's storage as the API shows it. Times are ISO 8601 UTC; what is not there is null, never absent. */
import type { OperationProgress } from '../core/operation.ts';
import type { EmptyingView } from '../resources/emptying.ts';

export const STORAGE_PHASES = ['setting-up', 'ready', 'emptying', 'deleting', 'deleted', 'failed'] as const;

export type StoragePhase = (typeof STORAGE_PHASES)[number];

/** Workflow types that work on a storage: names on the wire. */
export type StorageOperation = 'setUpStorage' | 'deleteStorage';

export interface StorageView extends OperationProgress<StoragePhase, StorageOperation> {
  readonly id: string;
  /** `sub` */
  readonly user: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly bucket: string;
  /** `s3://…` */
  readonly workdir: string;
  readonly kmsKeyArn: string | null;
  /** Of the emptying under way, or of the last one. */
  readonly emptying: EmptyingView | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}
