/** Another access key for a running workspace. */
import type { OperationView } from '../core/operation.ts';
import type { SubjectRef } from '../core/subject.ts';
import type { Timing } from '../core/timing.ts';
import type { WorkspaceOperation } from './view.ts';

export interface RotateInput {
  readonly subject: SubjectRef;
  /** Unique per rotation: stands in seals and intents where a launch has its own id. */
  readonly rotationId: string;
  /** An operator's word: earlier keys go although somebody uses them. */
  readonly force: boolean;
  readonly requestedBy: string;
  readonly timing: Timing;
}

export interface RotateResult {
  readonly accessKeyId: string;
}

/** Input of `openRotation`: the first thing a rotation does. */
export interface OpenRotation extends Pick<RotateInput, 'subject' | 'rotationId'> {
  readonly operation: OperationView<WorkspaceOperation>;
}
