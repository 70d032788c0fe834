/** "Terminate it", asked of a workflow that is busy: remembered, and done as soon as that has come to its end. */
import { makeContinueAsNewFunc } from '@temporalio/workflow';
import type { AskedBefore } from '#domain/core/operation.ts';
import type { TerminateRequest } from './controls.ts';
import type { Interventions } from './interventions.ts';

export class PendingTermination {
  mode: string | null = null;
  requestedBy = '';
  private readonly modes: readonly string[];
  private readonly onAsked: (mode: string) => void;
  private readonly interventions: Interventions;

  /** @param modes the weaker one first */
  constructor(modes: readonly string[], interventions: Interventions, onAsked: (mode: string) => void) {
    this.modes = modes;
    this.interventions = interventions;
    this.onAsked = onAsked;
  }

  /** The stronger wish wins: dispose upgrades park, park joins dispose. */
  readonly ask = ({ mode, requestedBy }: TerminateRequest): void => {
    if (this.mode !== null && this.modes.indexOf(mode) <= this.modes.indexOf(this.mode)) return;
    this.mode = mode;
    this.requestedBy = requestedBy;
    this.onAsked(mode);
  };

  /**
   * The same id goes on as the workflow that terminates, in one move: no crash in between can lose the request.
   * `workflowType`: its name. `input`: its own input, to which mode, who asked, and what else was asked are added.
   */
  goOn(workflowType: string, input: object): Promise<never> {
    const { mode, requestedBy } = this;
    if (!mode) throw new Error('nobody asked to terminate');
    const asked: AskedBefore = { askedBefore: this.interventions.list() };
    const next = { ...input, ...asked, mode, requestedBy };
    return makeContinueAsNewFunc<(next: object) => Promise<unknown>>({ workflowType })(next);
  }
}
