import { CancellationScope } from '@temporalio/workflow';
import type { WorkspaceToken } from '#activities/workspace-token.ts';
import { activeKey } from '#domain/core/access-key.ts';
import type { Foundation } from '#domain/core/foundation.ts';
import type { EndedOperation, ResourceView } from '#domain/core/operation.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { renderNextflowConfig } from '#domain/workspace/nextflow-config.ts';
import type { Resolved, WorkspacePlan } from '#domain/workspace/specs.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { record } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import { retireLater } from '../keys/retire-later.ts';
import type { FreshKey } from '../steps/access-key.ts';

export interface PublishSpec {
  readonly input: LaunchInput;
  readonly plan: WorkspacePlan;
  /** Asked when everything is there. */
  readonly resources: () => readonly ResourceView[];
  readonly ended: () => EndedOperation;
}

interface Parts {
  readonly resolved: Resolved;
  readonly foundation: Foundation;
  /** Null where the holder is given sessions alone. */
  readonly key: FreshKey | null;
  /** Null where the holder is given a key alone. */
  readonly token: WorkspaceToken | null;
}

/**
 * Makes the launch known, in one write: record `running`, credential claimable, Nextflow configuration rendered. Nothing
 * that follows it can fail the launch.
 */
export const publish = defineStep({
  name: 'publish',
  expectedMs: minutes(1),
  settles: true,
  async make(
    { input, plan, resources, ended }: PublishSpec,
    { resolved, foundation: { kmsKeyArn }, key, token }: Parts,
  ): Promise<void> {
    const { workspace, timing } = input;
    const subject = workspaceSubject(workspace);
    const nextflowConfig = renderNextflowConfig(workspace, { kmsKeyArn, imageFamily: resolved.imageFamily });
    // Once it is written, somebody may have claimed the key: no cancellation gets in between, and nothing unwinds after.
    await CancellationScope.nonCancellable(async () => {
      await record.publish(subject, {
        phase: 'running',
        phaseBefore: null,
        ...ended(),
        key: key && activeKey(key.accessKeyId, key.createdAt),
        token,
        resolved,
        nextflowConfig,
        resources: resources(),
        error: null,
        leftovers: [],
        unfinished: [],
        unrestored: [],
        remedy: null,
        health: null,
      });
      for (const old of key?.earlier ?? [])
        await retireLater({ subject, spec: plan['access-key'], accessKeyId: old, timing });
    });
  },
});
