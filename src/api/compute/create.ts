/** Create: mint an id, take the name, start; or find that the same call was made before. */
import { randomUUID } from 'node:crypto';
import { computeSubject } from '#domain/compute/subject.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import { ApiProblem } from '../problems.ts';
import type { Locate } from '../subjects/kind.ts';
import { forgeIdOfCall, newForgeId } from './ids.ts';
import { type ComputeKind, type ComputeOperations, createOf, type LocatedCompute } from './kind.ts';
import type { TakeNames } from './names.ts';
import type { ComputeRequest, createResolveCompute } from './request.ts';

export interface CreateComputeParts {
  readonly resolve: ReturnType<typeof createResolveCompute>;
  readonly operations: Pick<ComputeOperations, 'start'>;
  readonly locate: Locate<ComputeKind>;
  readonly names: TakeNames;
  readonly environment: string;
  readonly timing: Timing;
}

/**
 * Its id. With an `Idempotency-Key` the same caller's same call is about the same one.
 * @throws Conflict where the name is in use, or the key was used for something else
 */
export type CreateCompute = (
  request: ComputeRequest,
  by: { readonly caller: string; readonly idempotencyKey: string | undefined },
) => Promise<string>;

export const createCreateCompute =
  ({ resolve, operations, locate, names, environment, timing }: CreateComputeParts): CreateCompute =>
  async (request, { caller, idempotencyKey }) => {
    const forgeId = idempotencyKey === undefined ? newForgeId() : forgeIdOfCall(environment, caller, idempotencyKey);
    const { compute, onFailure, fingerprint } = await resolve(request, forgeId);
    const id = subjectId(computeSubject(compute));
    const made = idempotencyKey === undefined ? undefined : await locate(id);
    if (made) {
      requireSame(made, fingerprint);
      return id;
    }
    await names.take(compute.name, forgeId);
    // Where it runs already, the same call was faster at another process.
    await operations.start(
      createOf({ compute, runId: randomUUID(), onFailure, fingerprint, requestedBy: caller, timing }),
    );
    return id;
  };

const requireSame = ({ id, record, run }: LocatedCompute, fingerprint: string): void => {
  if ((record?.fingerprint ?? run?.memo.fingerprint) === fingerprint) return;
  throw new ApiProblem('Conflict', `this Idempotency-Key was used for another request, which made ${id}`);
};
