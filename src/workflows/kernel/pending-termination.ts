/** "Terminate it", asked of a workflow that is busy: remembered, and done as soon as that has come to its end. */
import { makeContinueAsNewFunc } from '@temporalio/workflow';
import type { TerminateRequest } from './controls.ts';

export class PendingTermination {
  mode: string | null = null;
  requestedBy = '';
  private readonly modes: readonly string[];
  private readonly onAsked: (mode: string) => void;

  /** @param modes the weaker one first */
  constructor(modes: readonly string[], onAsked: (mode: string) => void) {
    this.modes = modes;
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
   * `workflowType`: its name. `input`: its own input, to which mode and who asked are added.
   */
  goOn(workflowType: string, input: object): Promise<never> {
    const { mode, requestedBy } = this;
    if (!mode) throw new Error('nobody asked to terminate');
    return makeContinueAsNewFunc<(next: object) => Promise<unknown>>({ workflowType })({ ...input, mode, requestedBy });
  }
}
