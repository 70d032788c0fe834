/** The record of a compute environment: `compute-environment/<H>/<forge id>.json` in the control bucket. It holds no secret. */
import type { Leftover } from '../core/failures.ts';
import type { ResourceView } from '../core/operation.ts';
import type { OperationRecord, RecordCodec } from '../core/record.ts';
import type { EyrieOptions } from './config.ts';
import type { ComputeInput, ComputeRemedy, ComputeRemovalMode, OnFailure } from './input.ts';
import type { CanaryView, ComputeOperation, ComputeOutputs, ComputePhase } from './view.ts';

export interface ComputeRecord extends OperationRecord<ComputePhase, ComputeOperation> {
  readonly version: 1;
  /** Pinned at the last create or update that ended well, or that is under way. */
  readonly compute: ComputeInput;
  /** What it was before the update that is under way, or that failed half-way; null: nothing else. */
  readonly computeBefore: ComputeInput | null;
  /** Run of the create or update that pinned it: stands in tags. */
  readonly runId: string;
  readonly fingerprint: string;
  /** What follows where a step of its create fails: a retry goes by it, too. */
  readonly onFailure: OnFailure;
  readonly outputs: ComputeOutputs | null;
  /** What a removal took. */
  readonly deleted: readonly ResourceView[];
  readonly canaries: readonly CanaryView[];
  /** Why it is degraded. */
  readonly degraded: string | null;
  readonly retained: readonly Leftover[];
  /** What a retry does. */
  readonly remedy: ComputeRemedy | null;
  /** Somebody has confirmed that data may go that is not empty. */
  readonly dataConfirmed: boolean;
  /** Its users see it no more: it was removed by force. */
  readonly hidden: boolean;
  readonly primary: boolean;
  readonly lastValidated: string | null;
  readonly heard: string;
}

/** What a workflow writes at its end: the parts of the record that changed. */
export type ComputeChange = Partial<
  Omit<ComputeRecord, 'version' | 'subject' | 'id' | 'createdAt' | 'updatedAt' | 'heard'>
>;

export const COMPUTE_RECORDS: RecordCodec<ComputeRecord> = {
  kind: 'compute-environment',
  parse(stored) {
    const record = stored as ComputeRecord;
    if (record.version === 1) return completed(record);
    throw new Error('a newer version of Eyrie has written this record of a compute environment: update this one');
  },
};

/** What records hold since some can be shared: whatever was written before is neither shared nor a tenant. */
const ALONE = {
  input: { tenancy: null } satisfies Partial<ComputeInput>,
  options: { shared: false, tenantOf: null } satisfies Partial<EyrieOptions>,
  outputs: { shareIdentifier: null } satisfies Partial<ComputeOutputs>,
};

const completed = (record: ComputeRecord): ComputeRecord => ({
  ...record,
  compute: withTenancy(record.compute),
  computeBefore: record.computeBefore && withTenancy(record.computeBefore),
  outputs: record.outputs && { ...ALONE.outputs, ...record.outputs },
});

const withTenancy = (compute: ComputeInput): ComputeInput => ({
  ...ALONE.input,
  ...compute,
  config: { ...compute.config, eyrie: { ...ALONE.options, ...compute.config.eyrie } },
});

/** Phases in which a workflow is at work. Found without one, they say that it ended without a word. */
export const BUSY: readonly ComputePhase[] = [
  ...(['planned', 'preflight', 'creating', 'rolling-back', 'updating', 'draining', 'deleting'] as const),
];

/** Of those, the ones of a create. */
export const CREATING: readonly ComputePhase[] = ['planned', 'preflight', 'creating', 'rolling-back'];

/** Phases of a removal. Found without a workflow, they say that it ended half-way, without a word. */
const REMOVING: Readonly<Partial<Record<ComputePhase, ComputeRemovalMode>>> = {
  draining: 'drain',
  deleting: 'terminate',
};

/** What a retry does where nothing runs; undefined where nothing is left to do. */
export const computeRetryOf = (record: ComputeRecord): ComputeRemedy | undefined => {
  const { phase, operation, leftovers, remedy, hidden, onFailure } = record;
  if (!operation) return remedy ?? (leftovers.length > 0 ? 'sweep' : undefined);
  const removal = REMOVING[phase];
  if (removal) return hidden ? 'force' : removal;
  if (phase === 'updating') return 'update';
  return CREATING.includes(phase) && onFailure !== 'rollback' ? 'create' : 'sweep';
};

/** There is something that its users can use, or could. */
export const isThere = (phase: ComputePhase | null): phase is 'available' | 'disabled' | 'degraded' =>
  phase === 'available' || phase === 'disabled' || phase === 'degraded';

/** Its name is free for another one, and nobody sees it any more but in its own history. */
export const isOver = ({ phase, hidden }: Pick<ComputeRecord, 'phase' | 'hidden'>): boolean =>
  hidden || phase === 'deleted' || phase === 'retained';

/** It runs in the shared one of that id, or may have left something there. One that failed cleanly asks anew when it goes on. */
export const isTenantIn = (forgeId: string, { compute, phase }: ComputeRecord): boolean =>
  compute.tenancy?.forgeId === forgeId && !GONE.includes(phase);

const GONE: readonly ComputePhase[] = ['failed-clean', 'deleted', 'retained'];
