/** Waiting for the end of a validation, for as long as a caller may be kept waiting. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ComputeView } from '#domain/compute/view.ts';
import type { ComputeEnvironments } from './compute-environments.ts';
import type { LocatedCompute } from './kind.ts';

const WAIT_MS = 20_000;

export interface AwaitOptions {
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** `isOver` false: it is still in progress. */
export const awaitValidation = async (
  { locate, show }: Pick<ComputeEnvironments, 'locate' | 'show'>,
  { id }: LocatedCompute,
  { everyMs, signal }: AwaitOptions,
): Promise<{ readonly view: ComputeView; readonly isOver: boolean }> => {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const located = await locate(id);
    if (!located) throw new Error('a compute environment that was being validated is gone');
    const view = await show(located);
    const isOver = view.operation === null;
    if (isOver || signal.aborted || performance.now() >= until) return { view, isOver };
    await delay(everyMs, undefined, { signal }).catch(() => undefined);
  }
};
