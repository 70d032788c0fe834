import { CancellationScope } from '@temporalio/workflow';
import type { LaunchInput, LaunchResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { unrestoredOf, type WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { registerControls } from '../kernel/controls.ts';
import { Progress } from '../kernel/progress.ts';
import { Saga } from '../kernel/saga.ts';
import { accessKey } from '../steps/access-key.ts';
import { clientUser } from '../steps/client-user.ts';
import { computeEnvironment } from '../steps/compute-environment.ts';
import { foundation } from '../steps/foundation.ts';
import { jobQueue } from '../steps/job-queue.ts';
import { jobsRole } from '../steps/jobs-role.ts';
import { launchTemplate } from '../steps/launch-template.ts';
import { network } from '../steps/network.ts';
import { preflight } from '../steps/preflight.ts';
import { publish } from '../steps/publish.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { squid } from '../steps/squid.ts';
import { closeLaunch, openLaunch } from './launch-record.ts';
import { intoTerminate, PendingTermination } from './pending-termination.ts';
import { LAUNCH } from './steps.ts';
import { viewBase } from './view-base.ts';

/**
 * Makes a workspace, or takes back all that it made.
 *
 * @throws the failure of the first step that failed; CompensationIncomplete where something could not be taken back;
 *   a cancellation ends it as cancelled, cleanly.
 */
export async function launchWorkspace(input: LaunchInput): Promise<LaunchResult> {
  const plan = planWorkspace({ workspace: input.workspace, launchId: input.launchId, timing: input.timing });
  const subject = workspaceSubject(input.workspace);
  const progress = new Progress(viewBase(subject), LAUNCH, 'launching', input.timing);
  const forward = new CancellationScope();
  const wish = new PendingTermination((mode) => {
    progress.enter(mode === 'park' ? 'parking' : 'disposing');
    forward.cancel();
  });
  registerControls(progress, wish.ask);

  let before: WorkspaceRecord;
  try {
    before = await openLaunch(input, progress);
  } catch (error) {
    progress.refused(error);
    // Who asked to terminate meanwhile is not refused for what the launch lacks.
    if (wish.mode) return await intoTerminate(subject, wish, input.timing);
    throw error;
  }
  const launch = new Saga(progress, forward, unrestoredOf(before));
  try {
    const { accessKeyId } = await makeWorkspace(launch, plan, input, progress);
    if (!wish.mode) {
      progress.enter('running');
      return { accessKeyId };
    }
  } catch (error) {
    const cause = launch.first?.error ?? error;
    const failed = await launch.unwind();
    const end = await closeLaunch({
      input,
      plan,
      progress,
      before,
      first: launch.first,
      cause,
      failed,
      begun: launch.begun,
      wish,
    });
    if (!wish.mode) throw end;
  }
  return await intoTerminate(subject, wish, input.timing);
}

/** What needs what: a step starts as soon as the results that it takes are there. */
export async function makeWorkspace(
  launch: Pick<Saga, 'run'>,
  plan: WorkspacePlan,
  input: LaunchInput,
  progress: Pick<Progress, 'resources' | 'steps'>,
) {
  const resolved = launch.run(preflight, plan.preflight, {});
  const slots = launch.run(reserveSlots, plan['reserve-slots'], { resolved });
  const shared = launch.run(foundation, plan.foundation, { resolved });
  const net = launch.run(network, plan.network, { slots, resolved });
  const proxy = launch.run(squid, plan.squid, { network: net, resolved });
  const template = launch.run(launchTemplate, plan['launch-template'], { slots, resolved });
  const environment = launch.run(computeEnvironment, plan['compute-environment'], {
    ...{ network: net, foundation: shared, template, resolved },
    // Workers that are there from the start find their way out only behind the proxy.
    ...(plan['compute-environment'].minvCpus > 0 && { proxy }),
  });
  const queue = launch.run(jobQueue, plan['job-queue'], { environment });
  const role = launch.run(jobsRole, plan['jobs-role'], { foundation: shared, slots });
  const user = launch.run(clientUser, plan['client-user'], { foundation: shared, role });
  const key = launch.run(accessKey, plan['access-key'], { user });
  const shown = { resources: () => progress.resources(), steps: () => progress.steps() };
  await launch.run(publish, { input, plan, ...shown }, { resolved, foundation: shared, key, role, queue, proxy });
  return await key;
}
