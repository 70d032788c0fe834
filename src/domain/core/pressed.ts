/** What somebody pressed: an update by its id, a cancellation, or the end from outside. */
export type Pressed =
  | { readonly what: 'update'; readonly updateId: string }
  | { readonly what: 'cancel' }
  | { readonly what: 'end' };
