/** The properties of a compute environment that a launch changes: looked at before it, put back where it fails. */
import {
  type ComputeEnvironmentDetail,
  type ComputeResource,
  type ComputeResourceUpdate,
  UpdateComputeEnvironmentCommand,
  type UpdateComputeEnvironmentCommandInput,
} from '@aws-sdk/client-batch';
import type { Before } from '#domain/core/before.ts';
import { isOwnedBy } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { findComputeEnvironment, isBusy } from './compute-environment-find.ts';
import { differing, RESOURCE_FIELDS } from './compute-environment-resources.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'timing'>;

interface Was {
  readonly state: ComputeEnvironmentDetail['state'];
  readonly computeResources: ComputeResourceUpdate;
  readonly updatePolicy: ComputeEnvironmentDetail['updatePolicy'];
}

const wasOf = ({ state, computeResources, updatePolicy }: ComputeEnvironmentDetail): Was => {
  const resources: Partial<ComputeResource> = computeResources ?? {};
  return {
    state,
    computeResources: Object.fromEntries(
      RESOURCE_FIELDS.filter((field) => resources[field] !== undefined).map((field) => [field, resources[field]]),
    ),
    updatePolicy,
  };
};

/** What Batch can't be told to forget stays: a property that there was not. */
const backTo = (
  was: Was,
  found: ComputeEnvironmentDetail,
): Omit<UpdateComputeEnvironmentCommandInput, 'computeEnvironment'> => {
  const computeResources = differing(was.computeResources, found.computeResources);
  return {
    ...(was.state !== found.state && was.state && { state: was.state }),
    ...(Object.keys(computeResources).length > 0 && { computeResources }),
    ...(was.updatePolicy &&
      JSON.stringify(was.updatePolicy) !== JSON.stringify(found.updatePolicy) && { updatePolicy: was.updatePolicy }),
  };
};

export const computeEnvironmentBeforeActivities = (deps: Deps) => {
  const batch = ({ account }: ResourceSpec) => deps.aws.batch(account);

  return {
    /** Null where there is none, or one that is going. @throws NotYet while it changes. */
    async rememberComputeEnvironment(spec: ResourceSpec): Promise<Before<Was> | null> {
      const found = await findComputeEnvironment(batch(spec), spec.name);
      if (!found || found.status === 'DELETING') return null;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      const resource = { type: 'AWS::Batch::ComputeEnvironment', id: spec.name, name: spec.name };
      return { resource, was: wasOf(found) };
    },

    /** Gone by now is success. @throws NotYet while it changes. */
    async restoreComputeEnvironment(spec: ResourceSpec, before: Before): Promise<void> {
      const found = await findComputeEnvironment(batch(spec), spec.name);
      if (!found || found.status === 'DELETING' || !isOwnedBy(found.tags ?? {}, spec.owner)) return;
      if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
      const change = backTo(before.was as Was, found);
      if (Object.keys(change).length === 0) return;
      await batch(spec).send(new UpdateComputeEnvironmentCommand({ computeEnvironment: spec.name, ...change }));
    },

    /** One look. @throws NotYet until it is as it was. */
    async awaitComputeEnvironmentRestored(spec: ResourceSpec): Promise<void> {
      const found = await findComputeEnvironment(batch(spec), spec.name);
      if (found && isBusy(found) && isOwnedBy(found.tags ?? {}, spec.owner))
        throw lookAgain(`${spec.name} is ${found.status}`, deps);
    },
  };
};
