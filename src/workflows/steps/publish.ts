import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { CancellationScope, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { Foundation } from '#domain/core/foundation.ts';
import type { ResourceView, StepView } from '#domain/core/operation.ts';
import { retireKeyWorkflowId } from '#domain/core/workflow-ids.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { renderNextflowConfig } from '#domain/workspace/nextflow-config.ts';
import type { Resolved, WorkspacePlan } from '#domain/workspace/specs.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { record } from '../kernel/calls.ts';
import { defineStep, minutes } from '../kernel/step.ts';
import type { retireAccessKey } from '../keys/retire.ts';
import type { FreshKey } from './access-key.ts';

export interface PublishSpec {
  readonly input: LaunchInput;
  readonly plan: WorkspacePlan;
  /** Asked when everything is there. */
  readonly resources: () => readonly ResourceView[];
  readonly steps: () => readonly StepView[];
}

interface Parts {
  readonly resolved: Resolved;
  readonly foundation: Foundation;
  readonly key: FreshKey;
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
    { input, plan, resources, steps }: PublishSpec,
    { resolved, foundation: { kmsKeyArn }, key: { accessKeyId, createdAt, earlier } }: Parts,
  ): Promise<void> {
    const { workspace, launchId, timing } = input;
    const nextflowConfig = renderNextflowConfig(workspace, { kmsKeyArn, imageFamily: resolved.imageFamily });
    // Once it is written, somebody may have claimed the key: no cancellation gets in between, and nothing unwinds after.
    await CancellationScope.nonCancellable(async () => {
      await record.publish(workspaceSubject(input.workspace), {
        phase: 'running',
        phaseBefore: null,
        operation: null,
        steps: steps().map((step) =>
          step.name === 'publish' ? { ...step, state: 'done' as const, attempt: 1 } : step,
        ),
        key: { accessKeyId, launchId, createdAt },
        resolved,
        nextflowConfig,
        resources: resources(),
        error: null,
        leftovers: [],
        unfinished: [],
        unrestored: [],
        remedy: null,
      });
      for (const old of earlier) await retire(input, plan, old, timing);
    });
  },
});

/** The grace of an earlier key outlives the launch, so a workflow of its own waits for it. */
const retire = async (input: LaunchInput, plan: WorkspacePlan, accessKeyId: string, timing: LaunchInput['timing']) => {
  try {
    await startChild<typeof retireAccessKey>('retireAccessKey', {
      workflowId: retireKeyWorkflowId(workspaceSubject(input.workspace), accessKeyId),
      args: [{ spec: plan['access-key'], accessKeyId, timing }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `deletes ${accessKeyId} of ${input.workspace.workspaceId} when its grace is over`,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return; // an earlier launch asked for it
    // The workspace is there and told of: a key that stays longer than it should does not change that.
    log.error('an earlier key is not retired', { accessKeyId, reason: String(error) });
  }
};
