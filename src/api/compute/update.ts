/** Update: what may change does so in a workflow; a name in the record alone. */

import { randomUUID } from 'node:crypto';
import { isRename, isSame, refusedChanges } from '#domain/compute/changes.ts';
import { type ComputeRecord, isThere } from '#domain/compute/record.ts';
import { tell } from '#domain/core/commands.ts';
import type { Timing } from '#domain/core/timing.ts';
import { ApiProblem } from '../problems.ts';
import { parseCompute } from './body.ts';
import { exportCompute, patched } from './export.ts';
import { type ComputeOperations, type LocatedCompute, updateOf } from './kind.ts';
import type { TakeNames } from './names.ts';
import type { createResolveCompute } from './request.ts';
import { type ComputeState, notReady, requireIdle } from './state.ts';
import { startedMeanwhile } from './validate.ts';

export interface UpdateParts {
  readonly resolve: ReturnType<typeof createResolveCompute>;
  readonly operations: Pick<ComputeOperations, 'start'>;
  readonly names: TakeNames;
  readonly state: Pick<ComputeState, 'rename'>;
  readonly timing: Timing;
  /** Minutes that jobs on what is replaced may take to end. */
  readonly drainMinutes: number;
}

/**
 * `started` false: nothing in AWS is to be changed.
 * @param patch of what an export says: what is not named stays
 * @throws Invalid; DisposeFirst for what only another one can have; NotReady; OperationInProgress
 */
export type UpdateCompute = (
  located: LocatedCompute,
  patch: unknown,
  requestedBy: string,
) => Promise<{ readonly started: boolean }>;

export const createUpdateCompute = (parts: UpdateParts): UpdateCompute => {
  const { resolve, operations, names, state, timing, drainMinutes } = parts;

  const wanted = async ({ compute, onFailure }: ComputeRecord, patch: unknown) => {
    const request = parseCompute(patched(exportCompute(compute, onFailure), patch));
    const resolved = await resolve(request, compute.forgeId);
    // What names follow from is as it was.
    return { ...resolved.compute, namePrefix: compute.namePrefix, generations: compute.generations };
  };

  return async (located, patch, requestedBy) => {
    const { id, record } = located;
    requireIdle(located);
    if (!record || !isThere(record.phase)) throw notReady(id, `it is ${record?.phase ?? 'not made yet'}`);
    const before = record.compute;
    const after = await wanted(record, patch);
    const errors = refusedChanges(before, after);
    if (errors.length > 0) {
      throw new ApiProblem(
        'DisposeFirst',
        `${id} can’t become that: make another one, and dispose of this one: ${tell('remove', located.subject)}`,
        {
          errors,
        },
      );
    }
    if (after.name !== before.name) await names.take(after.name, before.forgeId);
    if (isRename(before, after)) {
      if (!isSame(before, after)) await state.rename(located, after);
      return { started: false };
    }
    const input = { compute: after, runId: randomUUID(), reason: 'update', drainMinutes, requestedBy, timing } as const;
    if (!(await operations.start(updateOf(input)))) throw startedMeanwhile();
    return { started: true };
  };
};
