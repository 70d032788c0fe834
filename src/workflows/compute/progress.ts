import type { ComputeInput } from '#domain/compute/input.ts';
import { ledgerOf } from '#domain/compute/ledger.ts';
import type { ComputeRecord } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import {
  type CanaryView,
  type ComputeOperation,
  type ComputeOutputs,
  type ComputePhase,
  type ComputeView,
  statusOf,
} from '#domain/compute/view.ts';
import type { Leftover } from '#domain/core/failures.ts';
import type { OperationProgress, ResourceView } from '#domain/core/operation.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { Progress } from '../kernel/progress.ts';
import type { AnyStep } from '../kernel/step.ts';

interface Parts {
  readonly compute: ComputeInput;
  readonly steps: readonly AnyStep[];
  readonly phase: ComputePhase;
  readonly requestedBy: string;
  readonly timing: Timing;
}

/** What a compute environment has of its own to show. */
interface Facts {
  compute: ComputeInput;
  outputs: ComputeOutputs | null;
  canaries: readonly CanaryView[];
  deleted: readonly ResourceView[];
  retained: readonly Leftover[];
  degraded: string | null;
  primary: boolean;
  lastValidated: string | null;
}

/** Of a compute environment: what there is of any kind, and what the record says of it besides. */
export class ComputeProgress extends Progress<ComputeView> {
  readonly facts: Facts;

  constructor({ compute, ...parts }: Parts) {
    const facts: Facts = {
      compute,
      outputs: null,
      canaries: [],
      deleted: [],
      retained: [],
      degraded: null,
      primary: false,
      lastValidated: null,
    };
    super({
      ...parts,
      subject: computeSubject(compute),
      view: (progress, times) => viewOf(facts, progress, times),
    });
    this.facts = facts;
  }

  override resumeFrom(record: ComputeRecord): void {
    super.resumeFrom(record);
    const { outputs, canaries, deleted, retained, degraded, primary, lastValidated } = record;
    Object.assign(this.facts, { outputs, canaries, deleted, retained, degraded, primary, lastValidated });
  }

  /** What was made is known from now on. */
  publishes({ outputs, canaries }: Pick<Facts, 'outputs' | 'canaries'>): void {
    Object.assign(this.facts, { outputs, canaries, degraded: null });
  }
}

const viewOf = (
  facts: Facts,
  progress: OperationProgress,
  times: { readonly createdAt: string; readonly updatedAt: string },
): ComputeView => {
  const { compute, degraded, deleted, ...shown } = facts;
  const { forgeId, environment, account, name, description, labels, config } = compute;
  const of = progress as OperationProgress<ComputePhase, ComputeOperation>;
  return {
    ...of,
    ...times,
    ...shown,
    id: subjectId(computeSubject(compute)),
    ...{ forgeId, name, description, environment, labels, config },
    platform: 'aws-batch',
    status: statusOf[of.phase],
    message: of.error?.detail ?? degraded,
    account: account.accountId,
    region: account.region,
    forgedResources: ledgerOf(of.resources, account),
    deletedResources: ledgerOf(deleted, account),
  };
};
