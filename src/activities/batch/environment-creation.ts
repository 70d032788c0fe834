/** Making a compute environment of any type, and changing one that is there already. */
import {
  type BatchClient,
  type ComputeEnvironmentDetail,
  type ComputeResource,
  CreateComputeEnvironmentCommand,
  TagResourceCommand,
  UpdateComputeEnvironmentCommand,
  type UpdateComputeEnvironmentCommandInput,
} from '@aws-sdk/client-batch';
import type { AwsClient } from '#aws/clients.ts';
import { fail } from '#domain/core/failures.ts';
import { createdTags, type Made } from '#domain/core/ownership.ts';
import type { ResourceSpec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { lookAgain } from '../shared/look.ts';
import { isBusy } from './compute-environment-find.ts';

type Batch = AwsClient<BatchClient>;

export const madeEnvironment = ({ name }: ResourceSpec, origin: Made['origin']): Made => ({
  type: 'AWS::Batch::ComputeEnvironment',
  id: name,
  name,
  origin,
});

interface Creation {
  readonly computeResources: ComputeResource;
  /** Null: Batch's service-linked one. */
  readonly serviceRoleArn: string | null;
}

/** Its name is its key: there is no token, and asked for twice it is refused. Returns its ARN. */
export const createEnvironment = async (
  batch: Batch,
  { name, tags, owner }: ResourceSpec,
  { computeResources, serviceRoleArn }: Creation,
): Promise<string> => {
  const { computeEnvironmentArn = '' } = await batch.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: name,
      type: 'MANAGED',
      state: 'ENABLED',
      computeResources,
      ...(serviceRoleArn !== null && { serviceRole: serviceRoleArn }),
      tags: { ...tags, ...createdTags(owner) },
    }),
  );
  return computeEnvironmentArn;
};

export interface Convergence {
  readonly found: ComputeEnvironmentDetail;
  readonly spec: ResourceSpec;
  /** Called once nothing else changes it. Undefined: it is as it should be. */
  readonly updateFor: () => UpdateComputeEnvironmentCommandInput | undefined;
}

/** @throws Conflict where it is foreign; NotYet while it changes. */
export const convergeEnvironment = async (
  batch: Batch,
  { found, spec, updateFor }: Convergence,
  deps: Pick<ActivityDeps, 'timing'>,
): Promise<void> => {
  const lacking = adopt({ what: `compute environment ${spec.name}`, tags: found.tags ?? {} }, spec);
  if (found.type !== 'MANAGED') {
    throw fail('Conflict', `compute environment ${spec.name} is ${found.type}; it was left as it is`);
  }
  if (isBusy(found)) throw lookAgain(`${spec.name} is ${found.status}`, deps);
  if (Object.keys(lacking).length > 0) {
    const resourceArn = found.computeEnvironmentArn;
    await batch.send(new TagResourceCommand({ resourceArn, tags: lacking }));
  }
  const update = updateFor();
  if (update) await batch.send(new UpdateComputeEnvironmentCommand(update));
};
