import { credentialFormOf, type LaunchInput, type LaunchResult } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import type { Progress } from '../kernel/progress.ts';
import { provision } from '../kernel/provision.ts';
import type { Saga } from '../kernel/saga.ts';
import { accessKey } from '../steps/access-key.ts';
import { clientRole } from '../steps/client-role.ts';
import { clientUser } from '../steps/client-user.ts';
import { computeEnvironment } from '../steps/compute-environment.ts';
import { formerEgress } from '../steps/former-egress.ts';
import { foundation } from '../steps/foundation.ts';
import { jobQueue } from '../steps/job-queue.ts';
import { jobsRole } from '../steps/jobs-role.ts';
import { launchTemplate } from '../steps/launch-template.ts';
import { network } from '../steps/network.ts';
import { preflight } from '../steps/preflight.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { openLaunch } from './launch-record.ts';
import { PHASE_WHILE } from './phases.ts';
import { workspaceProgress } from './progress.ts';
import { publish } from './publish.ts';
import { formerWays, launchSteps, runWayOut } from './ways-out.ts';

/**
 * Makes a workspace, or takes back all that it made.
 *
 * @throws the failure of the first step that failed; CompensationIncomplete where something could not be taken back;
 *   a cancellation ends it as cancelled, cleanly.
 */
export async function launchWorkspace(input: LaunchInput): Promise<LaunchResult> {
  const { workspace, launchId, timing } = input;
  const subject = workspaceSubject(workspace);
  const plan = planWorkspace({ workspace, launchId, timing });
  const progress = workspaceProgress({
    subject,
    steps: launchSteps(plan, credentialFormOf(workspace)),
    phase: 'launching',
    timing,
  });
  return await provision({
    progress,
    made: 'running',
    whileTerminating: PHASE_WHILE,
    open: () => openLaunch({ input, plan, progress }),
    make: (launch) => makeWorkspace(launch, plan, input, progress),
    terminate: (pending) => pending.goOn('terminateWorkspace', { subject, timing }),
  });
}

/** What needs what: a step starts as soon as the results that it takes are there. */
export async function makeWorkspace(
  launch: Pick<Saga, 'run'>,
  plan: WorkspacePlan,
  input: LaunchInput,
  progress: Pick<Progress, 'resources' | 'ended' | 'include'>,
): Promise<LaunchResult> {
  const former = formerWays(plan, progress.resources());
  if (former.length > 0) progress.include(formerEgress);
  const resolved = launch.run(preflight, plan.preflight, {});
  const slots = launch.run(reserveSlots, plan['reserve-slots'], { resolved });
  const shared = launch.run(foundation, plan.foundation, { resolved });
  const net = launch.run(network, plan.network, { slots, resolved });
  const wayOut = runWayOut(launch, plan, { network: net, resolved }, former.length > 0);
  const template = launch.run(launchTemplate, plan['launch-template'], { slots, resolved });
  const environment = launch.run(computeEnvironment, plan['compute-environment'], {
    ...{ network: net, foundation: shared, template, resolved },
    // Workers that are there from the start need it at once.
    ...(plan['compute-environment'].minvCpus > 0 && { wayOut }),
  });
  const queue = launch.run(jobQueue, plan['job-queue'], { environment });
  const role = launch.run(jobsRole, plan['jobs-role'], { foundation: shared, slots });
  const user = launch.run(clientUser, plan['client-user'], { foundation: shared, role });
  const form = credentialFormOf(input.workspace);
  const token = form !== 'key' && launch.run(clientRole, plan['client-role'], { user });
  const key = form !== 'refreshing' && launch.run(accessKey, plan['access-key'], { user });
  const shown = {
    resources: () => progress.resources().filter(({ step }) => !former.includes(step)),
    ended: () => progress.ended(publish.name),
  };
  const made = { resolved, foundation: shared, key: key || null, token: token || null, role, queue, wayOut };
  const last = former.length > 0 && { formerEgress: launch.run(formerEgress, { plan, ways: former }, { ...made }) };
  await launch.run(publish, { input, plan, ...shown }, { ...made, ...last });
  return { accessKeyId: key ? (await key).accessKeyId : null };
}
