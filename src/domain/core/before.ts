/** Things that a launch changes, as they were before it: what is put back when it fails. No secret is among them. */

export interface Before<Was = unknown> {
  readonly resource: { readonly type: string; readonly id: string; readonly name: string };
  /** The properties that a launch converges and a failed one puts back. JSON. */
  readonly was: Was;
}

/** What a failed launch could not put back. Kept in the record, so that it can be done later. */
export interface Unrestored {
  readonly step: string;
  readonly before: Before;
}
