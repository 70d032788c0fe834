/** "Terminate it", asked of a workflow that is busy: remembered, and done as soon as that has come to its end. */
import { makeContinueAsNewFunc } from '@temporalio/workflow';
import type { SubjectRef } from '#domain/core/subject.ts';
import type { Timing } from '#domain/timing.ts';
import type { TerminateInput, TerminateMode, TerminateResult } from '#domain/workspace/input.ts';
import type { TerminateRequest } from '../kernel/controls.ts';

export class PendingTermination {
  mode: TerminateMode | null = null;
  requestedBy = '';
  private readonly onAsked: (mode: TerminateMode) => void;

  constructor(onAsked: (mode: TerminateMode) => void) {
    this.onAsked = onAsked;
  }

  /** The stronger wish wins: dispose upgrades park, park joins dispose. */
  readonly ask = ({ mode, requestedBy }: TerminateRequest): void => {
    if (this.mode === 'dispose' || this.mode === mode) return;
    this.mode = mode;
    this.requestedBy = requestedBy;
    this.onAsked(mode);
  };
}

/** The same id goes on as a terminate, in one move: no crash in between can lose the request. */
export const intoTerminate = (subject: SubjectRef, wish: PendingTermination, timing: Timing): Promise<never> => {
  if (!wish.mode) throw new Error('nobody asked to terminate');
  const next = makeContinueAsNewFunc<(input: TerminateInput) => Promise<TerminateResult>>({
    workflowType: 'terminateWorkspace',
  });
  return next({ subject, mode: wish.mode, requestedBy: wish.requestedBy, timing });
};
