/**
 * A managed Batch compute environment: CREATING → VALID or INVALID; delete needs DISABLED; DELETED stays visible for a
 * while and counts as absent. Unless it is given a role of its own, Batch's service-linked one is used, which nobody can
 * take from under it.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentDetail.html
 */
import { UpdateComputeEnvironmentCommand } from '@aws-sdk/client-batch';
import { fail } from '#domain/core/failures.ts';
import { isOwnedBy, type Made, originOf, type Removal } from '#domain/core/ownership.ts';
import type { ComputeEnvironmentParts, ComputeEnvironmentSpec } from '#domain/resources/batch.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain, waitedMs } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { findComputeEnvironment, isBusy, isForRoles } from './compute-environment-find.ts';
import { lacksUpdatePolicy, revalidation, updateFor, wantedResources } from './compute-environment-resources.ts';
import { convergeEnvironment, createEnvironment, madeEnvironment } from './environment-creation.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

export const computeEnvironmentActivities = (deps: Deps) => {
  const batch = ({ account }: ResourceSpec) => deps.aws.batch(account);
  const find = (spec: ResourceSpec) => findComputeEnvironment(batch(spec), spec.name);

  const create = async (spec: ComputeEnvironmentSpec, parts: ComputeEnvironmentParts): Promise<string> => {
    const computeResources = wantedResources(spec, parts);
    const arn = await createEnvironment(batch(spec), spec, {
      computeResources,
      serviceRoleArn: parts.serviceRoleArn ?? null,
    });
    // An update policy can only be given by an update, which has to wait until the environment is there.
    if (lacksUpdatePolicy(spec)) throw lookAgain(`${spec.name} is being made; its update policy follows`, deps);
    return arn;
  };

  return {
    /**
     * @throws Conflict where an environment of the name is foreign; NotYet while it changes; DisposeFirst where what
     * differs can't be changed while it exists.
     */
    async ensureComputeEnvironment(
      spec: ComputeEnvironmentSpec,
      parts: ComputeEnvironmentParts,
    ): Promise<{ made: Made; arn: string }> {
      const found = await find(spec);
      if (!found) return { arn: await create(spec, parts), made: madeEnvironment(spec, 'created') };
      await convergeEnvironment(batch(spec), { found, spec, updateFor: () => updateFor(found, spec, parts) }, deps);
      const made = madeEnvironment(spec, originOf(found.tags ?? {}, spec.owner));
      return { made, arn: found.computeEnvironmentArn ?? '' };
    },

    /** One look. @throws NotYet until VALID and ENABLED; ComputeEnvironmentInvalid with the service's reason. */
    async awaitComputeEnvironmentValid(spec: ResourceSpec): Promise<void> {
      const found = await find(spec);
      if (found?.status === 'VALID' && found.state === 'ENABLED') return;
      if (found?.status !== 'INVALID') {
        throw lookAgain(`${spec.name} is ${found ? `${found.status}, ${found.state}` : 'not visible'}`, deps);
      }
      const { statusReason = 'no reason given' } = found;
      // The very first look may show what was so before the update that precedes it.
      if (waitedMs() < deps.timing.lookEveryMs) throw lookAgain(`${spec.name} is INVALID: ${statusReason}`, deps);
      throw fail('ComputeEnvironmentInvalid', `${spec.name}: ${statusReason}`, { awsCode: 'INVALID' });
    },

    /** One look. @returns its status, null where there is none. @throws NotYet while it changes, unless it is going. */
    async awaitComputeEnvironmentSettled(spec: ResourceSpec): Promise<{ readonly status: string | null }> {
      const found = await find(spec);
      if (found && isBusy(found) && found.status !== 'DELETING')
        throw lookAgain(`${spec.name} is ${found.status}`, deps);
      return { status: found?.status ?? null };
    },

    /**
     * Batch is asked to look again at one that it found INVALID: any update makes it do so. Only while that may be for a
     * role or profile that it does not know yet. What is not INVALID, going, absent or foreign stays as it is.
     * @throws ComputeEnvironmentInvalid where it is so for another reason; NotYet while it changes.
     */
    async ensureComputeEnvironmentRevalidated(spec: ResourceSpec): Promise<void> {
      const found = await find(spec);
      if (!found || found.status === 'DELETING' || !isOwnedBy(found.tags ?? {}, spec.owner)) return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      if (found.status !== 'INVALID') return;
      const { statusReason = 'no reason given' } = found;
      if (!isForRoles(found)) {
        throw fail('ComputeEnvironmentInvalid', `${spec.name}: ${statusReason}`, { awsCode: 'INVALID' });
      }
      await batch(spec).send(new UpdateComputeEnvironmentCommand(revalidation(spec.name, found.state)));
    },

    async findRemainingComputeEnvironment(spec: ResourceSpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await find(spec);
      return found ? remainingOf([{ id: found.computeEnvironmentArn, name, tags: found.tags ?? {} }], owner, by) : [];
    },
  };
};
