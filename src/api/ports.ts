/** What the API needs of the control bucket: narrower than what it offers to activities. */
import type { Control } from '#control/control.ts';

export interface ControlStore {
  readonly records: Pick<Control['records'], 'read' | 'list'>;
  readonly starts: Control['starts'];
  readonly credentials: Pick<Control['credentials'], 'credentialOf' | 'claim'>;
}
