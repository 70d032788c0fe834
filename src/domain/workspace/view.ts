/** A workspace as the API shows it. Times are ISO 8601 UTC; what is not there is null, never absent. */
import type { OperationProgress } from '../core/operation.ts';
import type { HealthView } from './health.ts';

export type Phase = 'launching' | 'running' | 'failed' | 'parking' | 'parked' | 'disposing' | 'disposed';

/** Workflow types that work on a workspace: names on the wire. */
export type WorkspaceOperation = 'launchWorkspace' | 'terminateWorkspace' | 'rotateKeys';

export interface CredentialView {
  readonly state: 'none' | 'pending' | 'claimable' | 'claimed';
  readonly accessKeyId: string | null;
  readonly createdAt: string | null;
  readonly claimedAt: string | null;
}

export interface WorkspaceView extends OperationProgress<Phase, WorkspaceOperation> {
  readonly id: string;
  /** The raw user name. */
  readonly user: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** Name of the configured profile, null where the request brought its own Nextflow block. */
  readonly profile: string | null;
  readonly credential: CredentialView;
  /** When it is disposed of unless somebody uses it: of a workspace that has been parked for long. */
  readonly disposalDueAt: string | null;
  /** What has become wrong with it since it was launched, as far as the watch has seen; null: nothing, or it does not run. */
  readonly health: HealthView | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}
