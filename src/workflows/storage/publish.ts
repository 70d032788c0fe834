import { CancellationScope } from '@temporalio/workflow';
import type { EndedOperation, ResourceView } from '#domain/core/operation.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { BucketKey } from '#domain/resources/storage.ts';
import { record } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';

export interface PublishStorageSpec {
  readonly subject: SubjectRef;
  /** Asked when everything is there. */
  readonly resources: () => readonly ResourceView[];
  readonly ended: () => EndedOperation;
}

/** Makes the storage known, in one write: record `ready`. */
export const publishStorage = defineStep({
  name: 'publish',
  expectedMs: minutes(1),
  settles: true,
  async make({ subject, resources, ended }: PublishStorageSpec, { key }: { readonly key: BucketKey }): Promise<void> {
    await CancellationScope.nonCancellable(() =>
      record.publish(subject, {
        phase: 'ready',
        phaseBefore: null,
        ...ended(),
        resources: resources(),
        kmsKeyArn: key.arn,
        error: null,
        leftovers: [],
        unfinished: [],
        remedy: null,
      }),
    );
  },
});
