/** What the API needs of the control bucket: narrower than what it offers to activities. */
import type { Control } from '#control/control.ts';

export interface ControlStore {
  readonly records: Control['records'];
  readonly tokens: Pick<Control['tokens'], 'knows'>;
  readonly starts: Control['starts'];
  readonly credentials: Pick<Control['credentials'], 'stateOf' | 'claim'>;
}
