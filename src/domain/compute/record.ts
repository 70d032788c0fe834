/** The record of a compute environment: `compute-environment/<H>/<forge id>.json` in the control bucket. It holds no secret. */
import type { ErrorView, OperationView, ResourceView, StepView } from '../core/operation.ts';
import type { AnyRecord, RecordCodec } from '../core/record.ts';
import type { Leftover } from '../failures.ts';
import type { ComputeInput, ComputeRemovalMode } from './input.ts';
import type { CanaryView, ComputeOperation, ComputeOutputs, ComputePhase } from './view.ts';

export interface ComputeRecord extends AnyRecord {
  readonly version: 1;
  readonly id: string;
  /** Pinned at the last create or update that ended well, or that is under way. */
  readonly compute: ComputeInput;
  /** What it was before the update that is under way, or that failed half-way; null: nothing else. */
  readonly computeBefore: ComputeInput | null;
  readonly phase: ComputePhase;
  /** The phase to return to when an operation ends; null where there was nothing. */
  readonly phaseBefore: ComputePhase | null;
  readonly operation: OperationView<ComputeOperation> | null;
  /** Run of the create or update that pinned it: stands in tags. */
  readonly runId: string;
  readonly fingerprint: string;
  readonly steps: readonly StepView[];
  readonly resources: readonly ResourceView[];
  readonly outputs: ComputeOutputs | null;
  /** What a removal took. */
  readonly deleted: readonly ResourceView[];
  readonly canaries: readonly CanaryView[];
  readonly error: ErrorView | null;
  /** Why it is degraded. */
  readonly degraded: string | null;
  readonly leftovers: readonly Leftover[];
  readonly retained: readonly Leftover[];
  /** Runs that failed and left something, the earliest first. */
  readonly unfinished: readonly string[];
  readonly remedy: ComputeRemovalMode | null;
  /** Its users see it no more: it was removed by force. */
  readonly hidden: boolean;
  readonly primary: boolean;
  readonly lastValidated: string | null;
  /** Run id of the last operation that opened the record. */
  readonly heard: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a workflow writes at its end: the parts of the record that changed. */
export type ComputeChange = Partial<
  Omit<ComputeRecord, 'version' | 'subject' | 'id' | 'createdAt' | 'updatedAt' | 'heard'>
>;

export const COMPUTE_RECORDS: RecordCodec<ComputeRecord> = {
  kind: 'compute-environment',
  parse(stored) {
    const record = stored as ComputeRecord;
    if (record.version === 1) return record;
    throw new Error('a newer version of Eyrie has written this record of a compute environment: update this one');
  },
};
