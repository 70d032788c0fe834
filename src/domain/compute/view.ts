/** A compute environment as the API shows it. Times are ISO 8601 UTC; what is not there is null, never absent. */
import type { Leftover } from '../core/failures.ts';
import type { OperationProgress } from '../core/operation.ts';
import type { Tags } from '../core/ownership.ts';
import type { ComputeConfig } from './config.ts';

export const COMPUTE_PHASES = [
  'planned',
  'preflight',
  'creating',
  'available',
  'disabled',
  'degraded',
  'updating',
  'rolling-back',
  'failed-clean',
  'failed-dirty',
  'draining',
  'deleting',
  'deleted',
  'retained',
] as const;

export type ComputePhase = (typeof COMPUTE_PHASES)[number];

/** Seqera's. */
export const COMPUTE_STATUSES = [
  'CREATING',
  'AVAILABLE',
  'DISABLED',
  'DELETING',
  'ERRORED',
  'INVALID',
  'DELETED',
] as const;

export type ComputeStatus = (typeof COMPUTE_STATUSES)[number];

export const statusOf: Readonly<Record<ComputePhase, ComputeStatus>> = {
  planned: 'CREATING',
  preflight: 'CREATING',
  creating: 'CREATING',
  available: 'AVAILABLE',
  disabled: 'DISABLED',
  degraded: 'INVALID',
  updating: 'AVAILABLE',
  'rolling-back': 'CREATING',
  'failed-clean': 'ERRORED',
  'failed-dirty': 'ERRORED',
  draining: 'DELETING',
  deleting: 'DELETING',
  deleted: 'DELETED',
  retained: 'DELETED',
};

/** Workflow types that work on a compute environment: names on the wire. */
export type ComputeOperation =
  | 'createComputeEnvironment'
  | 'updateComputeEnvironment'
  | 'disposeComputeEnvironment'
  | 'validateComputeEnvironment'
  | 'refreshImages';

/** One pool: an environment of Batch behind a queue. */
export interface PoolView {
  /** `head`, `work`, or as the options call it. */
  readonly name: string;
  /** Which tasks go there; null: those without a label of another pool. */
  readonly label: string | null;
  readonly queue: { readonly name: string; readonly arn: string };
  /** Null of a tenant: another one may stand behind the queue tomorrow. */
  readonly environment: { readonly name: string; readonly arn: string } | null;
  /** Null of Fargate. */
  readonly imageId: string | null;
}

/** What others may refer to. */
export interface ComputeOutputs {
  readonly pools: readonly PoolView[];
  /** Where the Nextflow head job runs, and where tasks do. */
  readonly headQueue: string;
  readonly computeQueue: string;
  readonly headJobRole: string | null;
  readonly computeJobRole: string | null;
  readonly executionRole: string | null;
  readonly instanceProfile: string | null;
  readonly logGroup: string;
  /** That jobs name when they are submitted, where instances are shared; null: what the options say of shares. */
  readonly shareIdentifier: string | null;
  readonly efsId: string | null;
  readonly lustre: { readonly id: string; readonly dnsName: string; readonly mountName: string } | null;
}

/** How the job went that proves a queue. */
export interface CanaryView {
  readonly queue: string;
  readonly state: 'succeeded' | 'failed' | 'timed-out';
  readonly reason: string | null;
  readonly at: string;
}

/** One thing that was made, under the name that Seqera's ledger has for its type: `{"IamRole": "TowerForge-…"}`. */
export type LedgerEntry = Readonly<Record<string, string>>;

export interface ComputeView extends OperationProgress<ComputePhase, ComputeOperation> {
  readonly id: string;
  readonly forgeId: string;
  readonly name: string;
  readonly description: string | null;
  readonly platform: 'aws-batch';
  readonly status: ComputeStatus;
  /** Why it is degraded or has failed, in words. */
  readonly message: string | null;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  readonly labels: Tags;
  readonly primary: boolean;
  readonly config: ComputeConfig;
  readonly outputs: ComputeOutputs | null;
  readonly forgedResources: readonly LedgerEntry[];
  readonly deletedResources: readonly LedgerEntry[];
  readonly retained: readonly Leftover[];
  readonly canaries: readonly CanaryView[];
  readonly lastValidated: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}
