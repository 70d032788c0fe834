/** What CloudWatch Logs offers to the services that run something. */
import { contract } from '../../core/contract.ts';

interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Logs {
  /**
   * Writes lines to a stream, which is made where it is missing.
   * @returns false where there is no such group
   */
  write(at: Place, to: { readonly group: string; readonly stream: string }, lines: readonly string[]): boolean;
  /** Makes a group where it is missing. `byService`: AWS itself keeps it, and the inventory leaves it out. */
  ensureGroup(at: Place, group: string, byService: boolean): void;
}

export const LOGS = contract<Logs>('logs');
