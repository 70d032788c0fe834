/** A workspace as the API shows it. Times are ISO 8601 UTC; what is not there is null, never absent. */

import type { Made } from '../core/ownership.ts';
import type { FailureCode, Leftover } from '../failures.ts';

export type Phase = 'launching' | 'running' | 'failed' | 'parking' | 'parked' | 'disposing' | 'disposed';

export type StepState = 'pending' | 'running' | 'waiting' | 'done' | 'failed' | 'undoing' | 'undone' | 'abandoned';

export interface StepView {
  readonly name: string;
  readonly state: StepState;
  /** Attempts of its current activity; 0 before it began. */
  readonly attempt: number;
  readonly since: string | null;
  readonly waitingFor: string | null;
  readonly lastError: { readonly code: FailureCode; readonly message: string; readonly at: string } | null;
}

export interface ResourceView extends Made {
  readonly step: string;
}

export interface OperationView {
  readonly type: 'launchWorkspace' | 'terminateWorkspace' | 'rotateKeys';
  readonly runId: string;
  readonly workflowId: string;
  readonly startedAt: string;
  readonly requestedBy: string;
}

export interface CredentialView {
  readonly state: 'none' | 'pending' | 'claimable' | 'claimed';
  readonly accessKeyId: string | null;
  readonly createdAt: string | null;
  readonly claimedAt: string | null;
}

export interface StuckView {
  readonly step: string;
  readonly since: string;
  readonly code: FailureCode | null;
  readonly reason: string | null;
  readonly hint: string;
}

export interface WorkspaceView {
  readonly id: string;
  /** The raw user name. */
  readonly user: string;
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** Name of the configured profile, null where the request brought its own Nextflow block. */
  readonly profile: string | null;
  readonly phase: Phase;
  readonly operation: OperationView | null;
  readonly steps: readonly StepView[];
  readonly resources: readonly ResourceView[];
  readonly credential: CredentialView;
  readonly stuck: StuckView | null;
  readonly error: { readonly code: FailureCode; readonly detail: string; readonly step: string | null } | null;
  readonly leftovers: readonly Leftover[];
  readonly createdAt: string;
  readonly updatedAt: string;
}
