/** What terminate takes away, in stages: the order in which AWS lets go. */
import type { Before } from '#domain/workspace/before.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import type { ResourceView } from '#domain/workspace/view.ts';
import { undo } from '../activities.ts';
import type { Failed } from '../saga.ts';
import { minutes, type RemovalFor, type Step } from '../step.ts';
import { accessKey } from '../steps/access-key.ts';
import { clientUser } from '../steps/client-user.ts';
import { computeEnvironment } from '../steps/compute-environment.ts';
import { jobQueue } from '../steps/job-queue.ts';
import { jobsRole } from '../steps/jobs-role.ts';
import { launchTemplate } from '../steps/launch-template.ts';
import { network } from '../steps/network.ts';
import { reserveSlots } from '../steps/reserve-slots.ts';
import { squid } from '../steps/squid.ts';

export interface RemovalStep {
  readonly name: string;
  readonly expectedMs: number;
  readonly remove: (plan: WorkspacePlan, removal: RemovalFor) => Promise<void>;
  /** Puts back what a launch that failed changed. */
  readonly restore?: (plan: WorkspacePlan, before: Before) => Promise<void>;
  /** Names of steps without whose success this one makes no sense. */
  readonly after?: readonly string[];
}

/** Stage after stage; what stands in one stage goes side by side. */
export type Removals = readonly (readonly RemovalStep[])[];

/** The very undo of the launch's step, over all that the workspace owns. */
const undoOf = <S, D extends readonly unknown[], R>(
  { name, undo: remove, restore }: Step<S, D, R>,
  spec: (plan: WorkspacePlan) => S,
  after: readonly string[] = [],
): RemovalStep => ({
  name,
  expectedMs: minutes(5),
  remove: async (plan, removal) => await remove?.(spec(plan), removal),
  ...(restore && { restore: (plan: WorkspacePlan, before: Before) => restore(spec(plan), before) }),
  after,
});

/** Keys first; then jobs before the queue, the queue before the environment, both before the network, IAM last. */
export const DISPOSE: Removals = [
  [undoOf(accessKey, (plan) => plan.accessKey), undoOf(jobQueue, (plan) => plan.jobQueue)],
  [undoOf(computeEnvironment, (plan) => plan.computeEnvironment)],
  [undoOf(launchTemplate, (plan) => plan.launchTemplate), undoOf(squid, (plan) => plan.squid)],
  [undoOf(network, (plan) => plan.network)],
  [
    undoOf(clientUser, (plan) => plan.clientUser),
    undoOf(jobsRole, (plan) => plan.jobsRole),
    undoOf(reserveSlots, (plan) => plan.slots, ['job-queue', 'compute-environment', 'network']),
  ],
];

/** No key, no new jobs, no running ones; then no proxy and no idle workers. */
export const PARK: Removals = [
  [
    {
      name: 'access-key',
      expectedMs: minutes(2),
      async remove({ accessKey: key }, removal) {
        await undo.deactivateAccessKeys(key, removal());
        await undo.deleteAccessKey(key, removal());
      },
    },
    {
      name: 'job-queue',
      expectedMs: minutes(5),
      async remove({ jobQueue: queue }, removal) {
        await undo.disableJobQueue(queue, removal());
        await undo.terminateJobs(queue, removal());
        await undo.awaitJobsEnded(queue);
      },
    },
  ],
  [
    {
      name: 'squid',
      expectedMs: minutes(3),
      async remove({ squid: { instance } }, removal) {
        await undo.terminateInstance(instance, removal());
        await undo.awaitInstanceTerminated(instance, removal());
      },
    },
    {
      name: 'compute-environment',
      expectedMs: minutes(15), // workers shut down some time after their last job
      async remove({ computeEnvironment: environment }, removal) {
        await undo.drainComputeEnvironment(environment, removal());
        await undo.awaitComputeEnvironmentDrained(environment);
      },
    },
  ],
];

/** What the steps of a park would leave behind, in CloudFormation's names. */
export const PARKED_TYPES: Readonly<Record<string, string>> = {
  'access-key': 'AWS::IAM::AccessKey',
  'job-queue': 'AWS::Batch::JobQueue',
  squid: 'AWS::EC2::Instance',
  'compute-environment': 'AWS::Batch::ComputeEnvironment',
};

/** The proxy instance goes with its disk and its network interface; its security group waits for the next one. */
const GONE_WITH_PROXY: readonly string[] = ['AWS::EC2::Instance', 'AWS::EC2::Volume', 'AWS::EC2::NetworkInterface'];

/** Which resources a parked workspace still has. */
export const staysParked =
  (failed: readonly Failed[]) =>
  ({ step, type }: ResourceView): boolean =>
    step !== 'squid' || !GONE_WITH_PROXY.includes(type) || failed.some((one) => one.step === 'squid');
