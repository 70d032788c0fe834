/**
 * What a launch is made from, pinned: it goes into the workflow's input and, before the first AWS call, into the
 * record of the workspace. Terminate reads the record, never the caller's current pay model or today's configuration.
 */
import type { AccountRef } from '../core/account.ts';
import type { AskedBefore, OperationMemo } from '../core/operation.ts';
import type { SubjectRef } from '../core/subject.ts';
import type { Timing } from '../core/timing.ts';
import type { CredentialForm, RefreshingSettings } from './credentials.ts';
import type { EgressSettings } from './egress.ts';

/** A container's `nextflow` block with Hatchery's own key names and defaults filled in. */
export interface NextflowBlock {
  readonly 'job-image-whitelist': readonly string[];
  readonly 's3-bucket-whitelist': readonly string[];
  /** As given: FARGATE types are refused at preflight with what to use instead. */
  readonly 'compute-environment-type': string;
  readonly 'instance-ami': string;
  readonly 'instance-ami-builder-arn': string;
  readonly 'instance-type': string;
  readonly 'instance-min-vcpus': number;
  readonly 'instance-max-vcpus': number;
}

export interface NextflowGlobal {
  readonly 's3-objects-expiration-days': number;
  readonly 'sample-config-public-image': string;
  readonly 'imagebuilder-reader-role-arn': string;
}

/** A pay-model record as Hatchery keeps it: the fields that matter here. */
export interface PayModel {
  readonly bmh_workspace_id?: string | undefined;
  readonly workspace_type?: string | undefined;
  readonly user_id?: string | undefined;
  readonly account_id?: string | undefined;
  readonly request_status?: string | undefined;
  readonly ecs?: boolean | undefined;
  readonly region?: string | undefined;
}

/** Eyrie's own knobs of a launch that Hatchery has no key for. */
export interface LaunchSettings {
  readonly squid: {
    readonly instanceType: string;
    /** `ssm:/aws/service/…` (default, AL2023) or `name:amzn2-ami-ecs-hvm-2.0.*` for the old image. */
    readonly image: string;
    /** Domains that jobs may reach besides the built-in list; a leading dot covers what is below. */
    readonly moreDomains?: readonly string[];
  };
  readonly vpcCidr: string;
  /** Absent from records of launches before there was a choice. */
  readonly network?: EgressSettings;
  /** Absent where the holder is given an access key alone. */
  readonly credentials?: RefreshingSettings;
}

/** What the holder of a workspace is given. */
export const credentialFormOf = ({ settings }: Pick<WorkspaceInput, 'settings'>): CredentialForm =>
  settings.credentials?.form ?? 'key';

export interface WorkspaceInput {
  readonly workspaceId: string;
  /** Raw: as the caller gave it. */
  readonly user: string;
  /** GEN3_ENDPOINT as it is, for the `Environment` tag. */
  readonly hostname: string;
  readonly environment: string;
  readonly escapedUser: string;
  readonly account: AccountRef;
  readonly profile: string | null;
  readonly nextflow: NextflowBlock;
  readonly global: NextflowGlobal;
  readonly payModel: PayModel | null;
  readonly settings: LaunchSettings;
}

export interface LaunchInput {
  readonly workspace: WorkspaceInput;
  /** Unique per launch; goes into tags, client tokens and the names of seals. */
  readonly launchId: string;
  /** SHA-256 of the request body and of the configuration that it selects. */
  readonly fingerprint: string;
  readonly requestedBy: string;
  readonly timing: Timing;
}

export type TerminateMode = 'park' | 'dispose';

/** `sweep`: only the leftovers of a launch that failed, where the workspace was there before it and stays. */
export type RemovalMode = TerminateMode | 'sweep';

export interface TerminateInput extends AskedBefore {
  readonly subject: SubjectRef;
  readonly mode: RemovalMode;
  readonly requestedBy: string;
  readonly timing: Timing;
  /** Only if it is parked, and has been since this ISO time: somebody may have used it meanwhile. */
  readonly parkedSince?: string;
  /** Only if nothing has happened to it since this ISO time, as its `updatedAt` was: no operation, no claim. */
  readonly unchangedSince?: string;
}

export interface LaunchResult {
  /** Null where the holder is given sessions alone. */
  readonly accessKeyId: string | null;
}

export interface TerminateResult {
  readonly mode: RemovalMode;
  readonly residue: readonly import('../core/failures.ts').Leftover[];
}

/** Memo of every workspace workflow: enough to show the workspace when no worker answers. */
export interface WorkspaceMemo extends OperationMemo {
  readonly user: string;
  readonly profile: string | null;
  readonly fingerprint: string | null;
}
