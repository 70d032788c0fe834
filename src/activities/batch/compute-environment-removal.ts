/** Draining and removing a compute environment: disabled, deleted, gone. It can't go while a queue refers to it. */
import {
  type ComputeEnvironmentDetail,
  DeleteComputeEnvironmentCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch';
import { ignoreNotFound } from '#aws/errors.ts';
import { fail } from '#domain/core/failures.ts';
import { isOwnedBy, mayRemove, type Removal } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { believeAbsent, lookAgain, waitedMs } from '../shared/look.ts';
import { findComputeEnvironment, isBusy } from './compute-environment-find.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

export const computeEnvironmentRemovalActivities = (deps: Deps) => {
  const batch = ({ account }: ResourceSpec) => deps.aws.batch(account);

  /** Undefined where there is nothing that this removal may take. */
  const findRemovable = async (spec: ResourceSpec, removal: Removal): Promise<ComputeEnvironmentDetail | undefined> => {
    const found = await findComputeEnvironment(batch(spec), spec.name);
    if (!found) believeAbsent(`compute environment ${spec.name}`, removal, deps);
    return found && mayRemove(found.tags ?? {}, spec.owner, removal) ? found : undefined;
  };

  return {
    async disableComputeEnvironment(spec: ResourceSpec, removal: Removal): Promise<void> {
      const found = await findRemovable(spec, removal);
      if (!found || found.status === 'DELETING' || found.state === 'DISABLED') return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      await batch(spec).send(new UpdateComputeEnvironmentCommand({ computeEnvironment: spec.name, state: 'DISABLED' }));
    },

    /** @throws NotYet while it changes or a queue still refers to it. */
    async deleteComputeEnvironment(spec: ResourceSpec, removal: Removal): Promise<void> {
      const found = await findRemovable(spec, removal);
      if (!found || found.status === 'DELETING') return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      await batch(spec)
        .send(new DeleteComputeEnvironmentCommand({ computeEnvironment: spec.name }))
        .catch(ignoreNotFound);
    },

    /** One look. @throws NotYet until it is gone; ComputeEnvironmentInvalid where Batch could not delete it. */
    async awaitComputeEnvironmentGone(spec: ResourceSpec, removal: Removal): Promise<void> {
      const found = await findComputeEnvironment(batch(spec), spec.name);
      if (!found || !mayRemove(found.tags ?? {}, spec.owner, removal)) return;
      const reason = found.statusReason ? `: ${found.statusReason}` : '';
      if (found.status === 'INVALID') {
        throw fail('ComputeEnvironmentInvalid', `${spec.name} could not be deleted${reason}`, { awsCode: 'INVALID' });
      }
      throw lookAgain(`${spec.name} is ${found.status}${reason}`, deps);
    },

    /**
     * One look at a deletion: how did it end? Batch gives one up that it can't do, and says why: without the role that it
     * works as, for example. @throws NotYet until it has ended.
     */
    async awaitComputeEnvironmentDeletionEnded(
      spec: ResourceSpec,
      removal: Removal,
    ): Promise<{ readonly gone: boolean; readonly reason: string | null }> {
      const found = await findComputeEnvironment(batch(spec), spec.name);
      if (!found || !mayRemove(found.tags ?? {}, spec.owner, removal)) return { gone: true, reason: null };
      const { status, statusReason = null } = found;
      // The very first look may show what was so before the deletion that precedes it.
      if (status === 'INVALID' && waitedMs() >= deps.timing.lookEveryMs) return { gone: false, reason: statusReason };
      throw lookAgain(`${spec.name} is ${status}${statusReason ? `: ${statusReason}` : ''}`, deps);
    },

    /**
     * No worker is kept without a job any more. The number wanted right now can't be set: Batch refuses to lower it
     * and does so by itself when the jobs are gone.
     */
    async drainComputeEnvironment(spec: ResourceSpec, removal: Removal): Promise<void> {
      const found = await findRemovable(spec, removal);
      if (!found || (found.computeResources?.minvCpus ?? 0) === 0 || found.status === 'DELETING') return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      await batch(spec).send(
        new UpdateComputeEnvironmentCommand({ computeEnvironment: spec.name, computeResources: { minvCpus: 0 } }),
      );
    },

    /** One look. @throws NotYet while it still wants workers. */
    async awaitComputeEnvironmentDrained(spec: ResourceSpec): Promise<void> {
      const found = await findComputeEnvironment(batch(spec), spec.name);
      if (!found || !isOwnedBy(found.tags ?? {}, spec.owner)) return;
      const wanted = found.computeResources?.desiredvCpus ?? 0;
      if (wanted > 0) throw lookAgain(`${spec.name} still wants ${wanted} vCPUs`, deps);
    },
  };
};
