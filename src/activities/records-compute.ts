/** The record of a compute environment, pinned when an operation begins. */

import { updating } from '#control/update-record.ts';
import type { CreateInput, DisposeInput, UpdateInput, ValidateInput } from '#domain/compute/input.ts';
import { BUSY, COMPUTE_RECORDS, type ComputeRecord, CREATING, isTenantIn, isThere } from '#domain/compute/record.ts';
import { computeSubject } from '#domain/compute/subject.ts';
import type { ComputeOperation, ComputePhase } from '#domain/compute/view.ts';
import type { WatchedPage } from '#domain/compute/watch.ts';
import { tell } from '#domain/core/commands.ts';
import { fail } from '#domain/core/failures.ts';
import type { OperationView } from '#domain/core/operation.ts';
import { type SubjectRef, subjectId } from '#domain/core/subject.ts';
import type { ActivityDeps } from './deps.ts';

type Operation = OperationView<ComputeOperation>;

/** Their options go along: some kilobytes each. */
const PAGE = 25;

interface Opened {
  readonly record: ComputeRecord;
}

/** A sweep leaves it what it is. */
const PHASE_WHILE: Readonly<Partial<Record<DisposeInput['mode'], ComputePhase>>> = {
  drain: 'draining',
  terminate: 'deleting',
  force: 'deleting',
};

export const computeRecordActivities = ({ control }: Pick<ActivityDeps, 'control'>) => {
  const records = control.records(COMPUTE_RECORDS);
  const update = updating(records);

  return {
    /** The record of this create, made or gone on with. @throws Conflict where this one was made already */
    async openCompute(create: CreateInput, operation: Operation): Promise<Opened> {
      const subject = computeSubject(create.compute);
      const first = firstRecord(create, operation);
      const record = await update(subject, (found) => {
        if (!found) return first;
        if (found.operation?.runId === operation.runId) return undefined;
        assertGoesOn(found);
        return {
          ...found,
          compute: create.compute,
          phase: 'planned',
          phaseBefore: null,
          operation,
          heard: operation.runId,
          runId: create.runId,
          onFailure: create.onFailure,
          steps: [],
          error: null,
          unfinished: withSilent(found),
          updatedAt: new Date().toISOString(),
          disposedAt: null,
        };
      });
      return { record: record ?? first };
    },

    /**
     * Pins what it is to be beside what it is. One that was broken off goes on: what it pinned is what counts.
     * @throws NotFound; NotReady where there is nothing to update
     */
    async openComputeUpdate(input: UpdateInput, operation: Operation): Promise<Opened> {
      const subject = computeSubject(input.compute);
      const record = await update(subject, (found) => {
        if (!found) throw fail('NotFound', `there is no compute environment ${subjectId(subject)}`);
        if (found.operation?.runId === operation.runId) return undefined;
        if (!isThere(found.phase) && found.phase !== 'updating') {
          throw fail('NotReady', `${found.id} is ${found.phase}: there is nothing to update`);
        }
        if (found.computeBefore && found.runId !== input.runId) {
          throw fail('NotReady', `an update of ${found.id} has not come to its end: ${tell('resume', subject)} first`);
        }
        return {
          ...found,
          ...(!found.computeBefore && {
            ...{ compute: input.compute, computeBefore: found.compute, runId: input.runId },
          }),
          phase: 'updating',
          phaseBefore: restOf(found),
          operation,
          heard: operation.runId,
          error: null,
          updatedAt: new Date().toISOString(),
        };
      });
      if (!record) throw fail('NotFound', `there is no compute environment ${subjectId(subject)}`);
      return { record };
    },

    /** A page of those that are there and with which nothing is going on, as their records pin them. */
    async findComputeEnvironments(environment: string, cursor: string | null): Promise<WatchedPage> {
      const page = await records.list({
        environment,
        limit: PAGE,
        fits: ({ phase, operation, hidden }) => isThere(phase) && operation === null && !hidden,
        ...(cursor !== null && { cursor }),
      });
      return { items: page.items.map(({ record }) => record.compute), nextCursor: page.nextCursor };
    },

    /** Ids of those that run in it. */
    async findTenants({ environment, name }: SubjectRef): Promise<readonly string[]> {
      const tenants = await records.all({ environment, fits: (record) => isTenantIn(name, record) });
      return tenants.map(({ id }) => id);
    },

    /** Null where there is nothing to remove. */
    async openComputeRemoval(input: DisposeInput, operation: Operation): Promise<{ record: ComputeRecord | null }> {
      const { compute, mode, dataConfirmed } = input;
      const record = await update(computeSubject(compute), (found) => {
        if (!found || found.operation?.runId === operation.runId) return undefined;
        return {
          ...found,
          phase: PHASE_WHILE[mode] ?? found.phase,
          phaseBefore: restOf(found),
          operation,
          heard: operation.runId,
          error: null,
          unfinished: withSilent(found),
          hidden: found.hidden || mode === 'force',
          dataConfirmed: found.dataConfirmed || dataConfirmed,
          updatedAt: new Date().toISOString(),
        };
      });
      return { record: record ?? null };
    },

    /** @throws NotFound; NotReady where there is nothing to look at */
    async openComputeValidation({ compute }: ValidateInput, operation: Operation): Promise<Opened> {
      const subject = computeSubject(compute);
      const record = await update(subject, (found) => {
        if (!found) throw fail('NotFound', `there is no compute environment ${subjectId(subject)}`);
        if (found.operation?.runId === operation.runId) return undefined;
        if (!isThere(found.phase)) throw fail('NotReady', `${found.id} is ${found.phase}: there is nothing to look at`);
        return {
          ...found,
          phaseBefore: found.phase,
          operation,
          heard: operation.runId,
          updatedAt: new Date().toISOString(),
        };
      });
      if (!record) throw fail('NotFound', `there is no compute environment ${subjectId(subject)}`);
      return { record };
    },
  };
};

const firstRecord = (create: CreateInput, operation: Operation): ComputeRecord => {
  const { compute, runId, fingerprint, onFailure } = create;
  const subject = computeSubject(compute);
  return {
    version: 1,
    subject,
    id: subjectId(subject),
    compute,
    computeBefore: null,
    phase: 'planned',
    phaseBefore: null,
    operation,
    ...{ runId, fingerprint, onFailure },
    steps: [],
    resources: [],
    outputs: null,
    deleted: [],
    canaries: [],
    error: null,
    degraded: null,
    leftovers: [],
    retained: [],
    unfinished: [],
    remedy: null,
    dataConfirmed: false,
    hidden: false,
    primary: false,
    lastValidated: null,
    heard: operation.runId,
    // Before there was a record, callers were told when the run began: it stays what they heard.
    createdAt: operation.startedAt,
    updatedAt: new Date().toISOString(),
    disposedAt: null,
  };
};

/** A create goes on that failed, or that ended without a word; one that ended well is not made twice. */
const assertGoesOn = ({ id, phase, remedy }: ComputeRecord): void => {
  if (CREATING.includes(phase) || phase === 'failed-clean' || remedy === 'create') return;
  throw fail('Conflict', `compute environment ${id} is ${phase}: there is no create of it to go on with`);
};

/** What it is when the operation ends, where that changes nothing; null where there was nothing. */
const restOf = ({ phase, phaseBefore }: ComputeRecord): ComputePhase | null =>
  BUSY.includes(phase) ? phaseBefore : phase;

/** A create that ended without a word may have left anything. */
const withSilent = ({ phase, unfinished, runId }: ComputeRecord): readonly string[] =>
  CREATING.includes(phase) ? [...new Set([...unfinished, runId])] : unfinished;
