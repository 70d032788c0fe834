/** An operator's exits from an operation that is stuck. */
import { codeOf, FAILURES } from '#domain/core/failures.ts';
import type { AbandonedStep, Operations } from '#temporal/operations.ts';
import type { OperationRun } from '#temporal/run.ts';
import { ApiProblem } from '../problems.ts';
import { operationOf } from './enrich.ts';
import type { ApiKind, KindRules, Located } from './kind.ts';
import { requireOwn } from './own.ts';
import type { Terminate } from './terminate.ts';

export interface RepairParts<Kind extends ApiKind> {
  readonly rules: Pick<KindRules<Kind>, 'retryOf'>;
  readonly operations: Pick<Operations<Kind>, 'retryNow' | 'abandonStep'>;
  readonly terminate: Terminate<Kind>;
}

export interface Repair<Kind extends ApiKind> {
  /** The waiting attempts are made at once; a removal that ended half-way is gone on with, and so leftovers are removed. */
  retry(located: Located<Kind>, step: string | undefined, requestedBy: string): Promise<void>;
  abandonStep(located: Located<Kind>, asked: AbandonedStep): Promise<void>;
}

/** @throws NothingWaiting; NotAbandonable. */
export const createRepair = <Kind extends ApiKind>({
  rules,
  operations,
  terminate,
}: RepairParts<Kind>): Repair<Kind> => ({
  async retry(located, step, requestedBy) {
    const { run, record } = located;
    if (run?.running) requireOwn(run);
    if (run?.running) await operations.retryNow(run, step, requestedBy).catch(naming(run));
    else {
      const mode = record && rules.retryOf(record);
      if (mode === undefined) throw nothingWaits(located.id);
      await terminate(located, mode, requestedBy);
    }
  },

  async abandonStep({ id, run }, asked) {
    if (!run?.running) throw nothingWaits(id);
    requireOwn(run);
    await operations.abandonStep(run, asked).catch(naming(run));
  },
});

/** Where the state of the operation is what refuses the call, the caller is told which operation it is. */
const naming =
  (run: OperationRun) =>
  (error: unknown): never => {
    const code = codeOf(error);
    if (FAILURES[code].status !== 409) throw error;
    throw new ApiProblem(code, (error as Error).message, { operation: operationOf(run) });
  };

const nothingWaits = (id: string): ApiProblem => new ApiProblem('NothingWaiting', `no step of ${id} is waiting`);
