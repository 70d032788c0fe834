import { workflowInfo } from '@temporalio/workflow';
import type { OperationProgress } from '#domain/core/operation.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { type EmptyingSoFar, type EmptyingState, type EmptyingView, emptyingView } from '#domain/resources/emptying.ts';
import type { StorageInput } from '#domain/storage/input.ts';
import { workdirOf } from '#domain/storage/names.ts';
import type { StorageRecord } from '#domain/storage/record.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import type { StorageOperation, StoragePhase, StorageView } from '#domain/storage/view.ts';
import { Progress } from '../kernel/progress.ts';
import type { AnyStep } from '../kernel/step.ts';

interface Parts {
  readonly storage: StorageInput;
  readonly steps: readonly AnyStep[];
  readonly phase: StoragePhase;
  readonly requestedBy: string;
  readonly timing: Timing;
  /** Of the run before this one. */
  readonly soFar?: EmptyingSoFar | undefined;
}

/** Of a user's storage: what there is of any kind, and how far its emptying has come. */
export class StorageProgress extends Progress<StorageView> {
  private readonly facts: { kmsKeyArn: string | null; emptying: EmptyingView | null };

  /** ISO time at which the first run of the emptying began. */
  readonly startedAt: string;

  constructor({ storage, soFar, ...parts }: Parts) {
    const facts: { kmsKeyArn: string | null; emptying: EmptyingView | null } = { kmsKeyArn: null, emptying: null };
    const { user, environment, account, bucket } = storage;
    const subject = storageSubject(storage);
    super({
      ...parts,
      subject,
      view: (progress, times) => ({
        ...(progress as OperationProgress<StoragePhase, StorageOperation>),
        ...times,
        ...facts,
        id: subjectId(subject),
        user,
        environment,
        account: account.accountId,
        region: account.region,
        bucket,
        workdir: workdirOf(bucket),
      }),
    });
    this.facts = facts;
    this.startedAt = soFar?.startedAt ?? workflowInfo().startTime.toISOString();
    if (soFar) this.told(soFar.state);
  }

  override resumeFrom(record: StorageRecord): void {
    super.resumeFrom(record);
    this.facts.kmsKeyArn = record.kmsKeyArn;
  }

  /** How far the emptying has come. */
  readonly told = (state: EmptyingState): void => {
    this.facts.emptying = emptyingView(state, { startedAt: this.startedAt, updatedAt: new Date().toISOString() });
  };

  emptying(): EmptyingView | null {
    return this.facts.emptying;
  }

  keyIs(arn: string | null): void {
    this.facts.kmsKeyArn = arn;
  }
}
