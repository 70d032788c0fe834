import { CancellationScope } from '@temporalio/workflow';
import type { LaunchInput, LaunchResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { Saga } from '#workflows/kernel/saga.ts';
import { makeWorkspace } from '#workflows/workspace/launch.ts';
import { openLaunch } from '#workflows/workspace/launch-record.ts';
import { workspaceProgress } from '#workflows/workspace/progress.ts';
import { LAUNCH } from '#workflows/workspace/steps.ts';

/** Holds each step back until the one before it is done. What one step does side by side stays so. */
const oneAfterAnother = (saga: Saga): Pick<Saga, 'run'> => {
  let before: Promise<unknown> = Promise.resolve();
  return {
    run(step, spec, needs) {
      const work = before.then(() => saga.run(step, spec, needs));
      before = work;
      return work;
    },
  };
};

/** The launch's own steps with the launch's own dependencies, in its order, without its concurrency. */
export async function launchStepByStep(input: LaunchInput): Promise<LaunchResult> {
  const { workspace, launchId, timing } = input;
  const plan = planWorkspace({ workspace, launchId, timing });
  const progress = workspaceProgress({
    subject: workspaceSubject(workspace),
    steps: LAUNCH,
    phase: 'launching',
    timing,
  });
  await openLaunch({ input, plan, progress });
  const saga = new Saga(progress, new CancellationScope());
  const { accessKeyId } = await makeWorkspace(oneAfterAnother(saga), plan, input, progress);
  return { accessKeyId };
}
