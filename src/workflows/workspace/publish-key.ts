import { CancellationScope } from '@temporalio/workflow';
import { activeKey } from '#domain/core/access-key.ts';
import type { EndedOperation } from '#domain/core/operation.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { RotateInput } from '#domain/workspace/rotation.ts';
import { record } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { retireLater } from '../keys/retire-later.ts';
import type { FreshKey } from '../steps/access-key.ts';

export interface PublishKeySpec {
  readonly input: RotateInput;
  readonly spec: AccessKeySpec;
  readonly before: Pick<WorkspaceRecord, 'leftovers' | 'unfinished'>;
  /** Asked when everything is there. */
  readonly ended: () => EndedOperation;
}

/** Makes the new key known, in one write: from then on it can be claimed. Nothing that follows it can fail the rotation. */
export const publishKey = defineStep({
  name: 'publish',
  expectedMs: minutes(1),
  settles: true,
  async make(
    { input, spec, before, ended }: PublishKeySpec,
    { key: { accessKeyId, createdAt, earlier } }: { readonly key: FreshKey },
  ): Promise<void> {
    const { subject, timing, force } = input;
    // Once it is written, somebody may have claimed the key: no cancellation gets in between, and nothing unwinds after.
    await CancellationScope.nonCancellable(async () => {
      await record.publish(subject, {
        phaseBefore: null,
        ...ended(),
        key: activeKey(accessKeyId, createdAt),
        error: null,
        ...before,
      });
      for (const old of earlier) await retireLater({ subject, spec, accessKeyId: old, timing, rotated: { force } });
    });
  },
});
