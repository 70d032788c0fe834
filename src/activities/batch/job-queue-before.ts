/** The properties of a job queue that a launch changes: looked at before it, put back where it fails. */
import { type JobQueueDetail, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import type { Before } from '#domain/core/before.ts';
import { isOwnedBy } from '#domain/core/ownership.ts';
import type { JobQueueSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { isBusy } from './compute-environment-find.ts';
import { findJobQueue } from './job-queue.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

type Was = Pick<JobQueueDetail, 'state' | 'priority' | 'computeEnvironmentOrder'>;

const wasOf = ({ state, priority, computeEnvironmentOrder }: Was): Was => ({
  state,
  priority,
  computeEnvironmentOrder,
});

export const jobQueueBeforeActivities = (deps: Deps) => {
  const batch = ({ account }: JobQueueSpec) => deps.aws.batch(account);

  return {
    /** Null where there is none, or one that is going. @throws NotYet while it changes. */
    async rememberJobQueue(spec: JobQueueSpec): Promise<Before<Was> | null> {
      const found = await findJobQueue(batch(spec), spec.name);
      if (!found || found.status === 'DELETING') return null;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      return { resource: { type: 'AWS::Batch::JobQueue', id: spec.name, name: spec.name }, was: wasOf(found) };
    },

    /** Gone by now is success. @throws NotYet while it changes. */
    async restoreJobQueue(spec: JobQueueSpec, before: Before): Promise<void> {
      const found = await findJobQueue(batch(spec), spec.name);
      if (!found || found.status === 'DELETING' || !isOwnedBy(found.tags ?? {}, spec.owner)) return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      const was = before.was as Was;
      const now = wasOf(found);
      const change = Object.fromEntries(
        Object.entries(was).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(now[key as keyof Was])),
      );
      if (Object.keys(change).length === 0) return;
      await batch(spec).send(new UpdateJobQueueCommand({ jobQueue: spec.name, ...change }));
    },

    /** One look. @throws NotYet until it is as it was. */
    async awaitJobQueueRestored(spec: JobQueueSpec): Promise<void> {
      const found = await findJobQueue(batch(spec), spec.name);
      if (found && isBusy(found) && isOwnedBy(found.tags ?? {}, spec.owner))
        throw lookAgain(`${spec.name} is ${found.status}`, deps);
    },
  };
};
