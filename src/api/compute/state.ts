/** What is said of a compute environment in its record alone: nothing in AWS changes for it. */

import type { Records } from '#control/records.ts';
import { updating } from '#control/update-record.ts';
import { type ComputeRecord, isOver, isThere } from '#domain/compute/record.ts';
import { ApiProblem } from '../problems.ts';
import { operationOf } from '../subjects/enrich.ts';
import { requireOwn } from '../subjects/own.ts';
import type { LocatedCompute } from './kind.ts';

export interface StateParts {
  readonly records: Records<ComputeRecord>;
  /** H */
  readonly environment: string;
}

export interface ComputeState {
  /** A disabled one is primary no more. @throws NotReady, OperationInProgress */
  enable(located: LocatedCompute): Promise<void>;
  disable(located: LocatedCompute): Promise<void>;
  /** None else is, from now on. @throws NotReady */
  makePrimary(located: LocatedCompute): Promise<void>;
  /** It is taken for available, whatever was found. @throws NotReady where it is not degraded */
  believe(located: LocatedCompute): Promise<void>;
  /** What holds for a deletion that is about to begin. Nothing to do where there is no record yet. */
  noteRemoval(located: LocatedCompute, said: { readonly dataConfirmed: boolean }): Promise<void>;
  /** Nobody but operators sees it any more. Its removal has begun, and would hide it, too. */
  hide(located: LocatedCompute): Promise<void>;
  rename(located: LocatedCompute, to: { readonly name: string; readonly description: string | null }): Promise<void>;
}

const PAGE = 100;

export const createComputeState = ({ records, environment }: StateParts): ComputeState => {
  const write = updating(records);

  /** @param change undefined: it is so already */
  const update = async (
    { id, subject }: LocatedCompute,
    change: (record: ComputeRecord) => Partial<ComputeRecord> | undefined,
  ): Promise<void> => {
    await write(subject, (found) => {
      if (!found) throw notReady(id, 'it has no record yet');
      const changed = change(found);
      return changed && { ...found, ...changed, updatedAt: new Date().toISOString() };
    });
  };

  return {
    async enable(located) {
      requireIdle(located);
      await update(located, ({ id, phase, degraded }) => {
        if (phase === 'available' || phase === 'degraded') return undefined;
        if (phase !== 'disabled') throw notReady(id, `it is ${phase}`);
        return { phase: degraded === null ? 'available' : 'degraded' };
      });
    },

    async disable(located) {
      requireIdle(located);
      await update(located, ({ id, phase }) => {
        if (phase === 'disabled') return undefined;
        if (!isThere(phase)) throw notReady(id, `it is ${phase}`);
        return { phase: 'disabled', primary: false };
      });
    },

    async believe(located) {
      requireIdle(located);
      await update(located, ({ id, phase }) => {
        if (phase !== 'degraded') throw notReady(id, `it is ${phase}, not degraded`);
        return { phase: 'available', degraded: null };
      });
    },

    async makePrimary(located) {
      let since = '';
      await update(located, ({ id, phase }) => {
        if (!isThere(phase) || phase === 'disabled') throw notReady(id, `it is ${phase}`);
        since = new Date().toISOString();
        return { primary: true };
      });
      let cursor: string | undefined;
      do {
        const fits = (record: ComputeRecord) => record.primary && record.id !== located.id;
        const page = await records.list({ environment, fits, cursor, limit: PAGE });
        for (const { record } of page.items) {
          // Of two that are made primary at once, the later one is it.
          await update({ ...located, ...record }, (now) =>
            now.primary && now.updatedAt <= since ? { primary: false } : undefined,
          );
        }
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
    },

    async noteRemoval(located, { dataConfirmed }) {
      if (!located.record) return;
      await update(located, (found) =>
        isOver(found) ? undefined : { primary: false, dataConfirmed: found.dataConfirmed || dataConfirmed },
      );
    },

    async hide(located) {
      if (located.record) await update(located, (found) => (isOver(found) ? undefined : { hidden: true }));
    },

    async rename(located, { name, description }) {
      await update(located, ({ compute }) => ({ compute: { ...compute, name, description } }));
    },
  };
};

/** @throws OperationInProgress */
export const requireIdle = ({ id, run }: LocatedCompute): void => {
  if (!run?.running) return;
  requireOwn(run);
  throw new ApiProblem('OperationInProgress', `${run.type} of ${id} is in progress: wait until it ends`, {
    operation: operationOf(run),
  });
};

export const notReady = (id: string, why: string): ApiProblem => new ApiProblem('NotReady', `${id}: ${why}`);
