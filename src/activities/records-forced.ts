/** Removals that were asked for by force: nobody but a sweep goes on with one that has stopped. */

import type { ComputeMemo, DisposeInput } from '#domain/compute/input.ts';
import { COMPUTE_RECORDS } from '#domain/compute/record.ts';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { ActivityDeps } from './deps.ts';

const REQUESTED_BY = 'sweep';

/** Input and memo of the workflow that goes on with it. */
export interface ForcedDisposal {
  readonly input: Omit<DisposeInput, 'timing'>;
  readonly memo: ComputeMemo;
}

export const forcedDisposalActivities = ({ control }: Pick<ActivityDeps, 'control'>) => ({
  /** Null where the record does not ask for it, or all is gone. */
  async findForcedDisposal(subject: SubjectRef): Promise<ForcedDisposal | null> {
    const record = (await control.records(COMPUTE_RECORDS).read(subject))?.record;
    if (!record?.hidden || record.phase === 'deleted' || record.phase === 'retained') return null;
    const { compute, dataConfirmed } = record;
    const { accountId: account, region } = compute.account;
    return {
      // Its jobs were given up when it was removed by force.
      input: { compute, mode: 'force', drainMinutes: 0, dataConfirmed, requestedBy: REQUESTED_BY },
      memo: {
        ...{ account, region, requestedBy: REQUESTED_BY },
        name: compute.name,
        description: compute.description,
        fingerprint: null,
        made: null,
      },
    };
  },
});
