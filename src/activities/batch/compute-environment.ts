/**
 * A managed Batch compute environment: CREATING → VALID or INVALID; delete needs DISABLED; DELETED stays visible for a
 * while and counts as absent. It names no service role, so Batch's service-linked one is used, which nobody can take
 * from under it.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ComputeEnvironmentDetail.html
 */
import {
  type ComputeEnvironmentDetail,
  CreateComputeEnvironmentCommand,
  TagResourceCommand,
  UpdateComputeEnvironmentCommand,
} from '@aws-sdk/client-batch';
import { createdTags, type Made, originOf, type Removal } from '#domain/core/ownership.ts';
import { fail } from '#domain/failures.ts';
import type { ComputeEnvironmentParts, ComputeEnvironmentSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { lookAgain, waitedMs } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { findComputeEnvironment, isBusy } from './compute-environment-find.ts';
import { lacksUpdatePolicy, revalidation, updateFor, wantedResources } from './compute-environment-resources.ts';

/** Reasons that pass by themselves: a role or profile that was made a moment ago is not known everywhere. */
const PASSING_REASON = /assume|not authorized|instance ?profile|service-linked role/i;

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

const madeOf = (spec: ComputeEnvironmentSpec, origin: Made['origin']): Made => ({
  type: 'AWS::Batch::ComputeEnvironment',
  id: spec.name,
  name: spec.name,
  origin,
});

export const computeEnvironmentActivities = (deps: Deps) => {
  const batch = ({ account }: ComputeEnvironmentSpec) => deps.aws.batch(account);
  const find = (spec: ComputeEnvironmentSpec) => findComputeEnvironment(batch(spec), spec.name);

  const create = async (spec: ComputeEnvironmentSpec, parts: ComputeEnvironmentParts): Promise<string> => {
    const { computeEnvironmentArn = '' } = await batch(spec).send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: spec.name,
        type: 'MANAGED',
        state: 'ENABLED',
        computeResources: wantedResources(spec, parts),
        tags: { ...spec.tags, ...createdTags(spec.owner) },
      }),
    );
    // An update policy can only be given by an update, which has to wait until the environment is there.
    if (lacksUpdatePolicy(spec)) throw lookAgain(`${spec.name} is being made; its update policy follows`, deps);
    return computeEnvironmentArn;
  };

  const converge = async (
    found: ComputeEnvironmentDetail,
    spec: ComputeEnvironmentSpec,
    parts: ComputeEnvironmentParts,
  ): Promise<void> => {
    const lacking = adopt({ what: `compute environment ${spec.name}`, tags: found.tags ?? {} }, spec);
    if (found.type !== 'MANAGED') {
      throw fail('Conflict', `compute environment ${spec.name} is ${found.type}; it was left as it is`);
    }
    if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
    if (Object.keys(lacking).length > 0) {
      const resourceArn = found.computeEnvironmentArn;
      await batch(spec).send(new TagResourceCommand({ resourceArn, tags: lacking }));
    }
    const update = updateFor(found, spec, parts);
    if (update) await batch(spec).send(new UpdateComputeEnvironmentCommand(update));
  };

  return {
    /** @throws Conflict where an environment of the name is foreign; NotYet while it changes. */
    async ensureComputeEnvironment(
      spec: ComputeEnvironmentSpec,
      parts: ComputeEnvironmentParts,
    ): Promise<{ made: Made; arn: string }> {
      const found = await find(spec);
      if (!found) return { arn: await create(spec, parts), made: madeOf(spec, 'created') };
      await converge(found, spec, parts);
      return { made: madeOf(spec, originOf(found.tags ?? {}, spec.owner)), arn: found.computeEnvironmentArn ?? '' };
    },

    /**
     * One look. While Batch may only not know a fresh role or profile yet, it is asked to look again.
     * @throws NotYet until VALID; ComputeEnvironmentInvalid with the service's reason.
     */
    async awaitComputeEnvironmentValid(spec: ComputeEnvironmentSpec): Promise<void> {
      const found = await find(spec);
      if (found?.status === 'VALID' && found.state === 'ENABLED') return;
      if (found?.status !== 'INVALID') {
        throw lookAgain(`${spec.name} is ${found ? `${found.status}, ${found.state}` : 'not visible'}`, deps);
      }
      const { statusReason = 'no reason given' } = found;
      // The very first look may show what was so before the update that precedes it.
      if (waitedMs() < deps.timing.lookEveryMs) throw lookAgain(`${spec.name} is INVALID: ${statusReason}`, deps);
      if (PASSING_REASON.test(statusReason) && waitedMs() < deps.timing.propagationMs) {
        await batch(spec).send(new UpdateComputeEnvironmentCommand(revalidation(spec.name)));
        throw lookAgain(`${spec.name} was INVALID: ${statusReason}; Batch looks again`, deps);
      }
      throw fail('ComputeEnvironmentInvalid', `${spec.name}: ${statusReason}`, { awsCode: 'INVALID' });
    },

    async findRemainingComputeEnvironment(spec: ComputeEnvironmentSpec, by: Removal['by']): Promise<Remaining[]> {
      const { name, owner } = spec;
      const found = await find(spec);
      return found ? remainingOf([{ id: found.computeEnvironmentArn, name, tags: found.tags ?? {} }], owner, by) : [];
    },
  };
};
