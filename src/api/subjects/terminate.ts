/** Terminate: ask the operation that runs to unwind and turn, or start the termination. */
import type { Operations } from '#temporal/operations.ts';
import { ApiProblem } from '../problems.ts';
import type { ApiKind, KindRules, Locate, Located } from './kind.ts';
import { requireOwn } from './own.ts';

export interface TerminateParts<Kind extends ApiKind> {
  readonly rules: Pick<KindRules<Kind>, 'terminationOf' | 'isTerminated' | 'mayTakeOver' | 'isUnchanged'>;
  readonly operations: Pick<Operations<Kind>, 'start' | 'requestTerminate'>;
  readonly locate: Locate<Kind>;
}

export type Terminate<Kind extends ApiKind> = (
  located: Located<Kind>,
  mode: Kind['mode'],
  requestedBy: string,
  unchangedSince?: string,
) => Promise<void>;

const TRIES = 3;

/**
 * Safe to repeat. Returns once Temporal holds the wish, so that nothing is lost if this process dies right after.
 * @throws PreconditionFailed where it has changed since, for which the wish was not meant
 */
export const createTerminate =
  <Kind extends ApiKind>({ rules, operations, locate }: TerminateParts<Kind>): Terminate<Kind> =>
  async (first, mode, requestedBy, unchangedSince) => {
    const requireUnchanged = async (located: Located<Kind>): Promise<void> => {
      if (unchangedSince === undefined || (await rules.isUnchanged?.(located, unchangedSince))) return;
      throw new ApiProblem('PreconditionFailed', `${located.id} has changed since ${unchangedSince}: look at it again`);
    };

    let located: Located<Kind> | undefined = first;
    for (let attempt = 1; attempt <= TRIES && located; attempt += 1) {
      const { run, record, id }: Located<Kind> = located;
      if (run?.running) {
        requireOwn(run);
        if (!rules.mayTakeOver(mode)) {
          throw new ApiProblem(
            'OperationInProgress',
            `another operation of ${id} started meanwhile: wait until it ends`,
          );
        }
        // Of this run and no later one.
        await requireUnchanged(located);
        if (await operations.requestTerminate(run, { mode, requestedBy })) return;
      } else {
        if (record && rules.isTerminated(record, mode)) return;
        await requireUnchanged(located);
        if (await operations.start(rules.terminationOf(located, mode, requestedBy, unchangedSince))) return;
      }
      located = await locate(id);
    }
    if (located) throw new ApiProblem('Unavailable', 'another operation started at the same moment; try again');
  };
