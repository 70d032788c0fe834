import { CancellationScope } from '@temporalio/workflow';
import type { ComputeChange } from '#domain/compute/record.ts';
import type { CanaryView, ComputeOutputs } from '#domain/compute/view.ts';
import type { EndedOperation, ResourceView } from '#domain/core/operation.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import { record } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

export interface PublishComputeSpec {
  readonly subject: SubjectRef;
  /** What this operation says besides. */
  readonly change: ComputeChange;
  /** Asked when everything is there. */
  readonly resources: () => readonly ResourceView[];
  readonly ended: () => EndedOperation;
}

interface Parts {
  readonly outputs: ComputeOutputs;
  readonly canaries: readonly CanaryView[];
}

/** Makes the compute environment known, in one write. */
export const publishCompute = defineStep({
  name: 'publish',
  expectedMs: minutes(1),
  settles: true,
  async make({ subject, change, resources, ended }: PublishComputeSpec, { outputs, canaries }: Parts): Promise<void> {
    await CancellationScope.nonCancellable(() =>
      record.publish(subject, {
        phase: 'available',
        phaseBefore: null,
        ...ended(),
        resources: resources(),
        ...{ outputs, canaries },
        error: null,
        degraded: null,
        leftovers: [],
        unfinished: [],
        remedy: null,
        ...change,
      }),
    );
  },
});
