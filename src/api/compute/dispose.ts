/** Dispose: at rest or in the middle of another operation, with or without force. */
import { statusOf } from '#domain/compute/view.ts';
import { type Principal, renderPrincipal } from '../principal.ts';
import { ApiProblem } from '../problems.ts';
import type { Locate } from '../subjects/kind.ts';
import { createTerminate } from '../subjects/terminate.ts';
import type { ComputeKind, ComputeOperations, ComputeRules, LocatedCompute } from './kind.ts';
import type { SharedComputes } from './shared.ts';
import type { ComputeState } from './state.ts';

export interface DisposeWish {
  /** Its record is hidden at once. Of one that has failed, is invalid or is being deleted. */
  readonly force: boolean;
  /** What becomes of jobs that are under way. */
  readonly jobs: 'drain' | 'terminate';
  /** File systems that are not empty may go. */
  readonly dataConfirmed: boolean;
  /** Minutes that a drain waits. Undefined: as configured. */
  readonly drainMinutes?: number | undefined;
}

export interface DisposeParts {
  readonly rules: ComputeRules;
  readonly operations: Pick<ComputeOperations, 'start' | 'requestTerminate'>;
  readonly locate: Locate<ComputeKind>;
  readonly state: Pick<ComputeState, 'noteRemoval' | 'hide'>;
  readonly shared: Pick<SharedComputes, 'requireNoTenants'>;
}

/**
 * Safe to repeat; a stronger wish takes the place of a weaker one.
 * @throws DisposeFirst where force is not for it, or others run in it
 */
export type DisposeCompute = (located: LocatedCompute, wish: DisposeWish, principal: Principal) => Promise<void>;

const FORCED: ReadonlySet<string> = new Set(['ERRORED', 'INVALID', 'DELETING']);

export const createDisposeCompute =
  ({ rules, operations, locate, state, shared }: DisposeParts): DisposeCompute =>
  async (located, { force, jobs, dataConfirmed, drainMinutes }, principal) => {
    if (force) requireForced(located);
    await shared.requireNoTenants(located, principal);
    await state.noteRemoval(located, { dataConfirmed });
    const terminate = createTerminate({ rules: rules(drainMinutes), operations, locate });
    // What was noted is part of the operation that starts.
    const now = (await locate(located.id)) ?? located;
    await terminate(now, force ? 'force' : jobs, renderPrincipal(principal));
    // Not before: who is told to try again must still find it.
    if (force) await state.hide(located);
  };

const requireForced = ({ id, record, run }: LocatedCompute): void => {
  const phase = run?.running ? (run.phase ?? 'planned') : record?.phase;
  if (phase === undefined || FORCED.has(statusOf[phase])) return;
  throw new ApiProblem(
    'DisposeFirst',
    `${id} is ${phase}: force is for one that has failed, is invalid or is being deleted; delete it without force first`,
  );
};
