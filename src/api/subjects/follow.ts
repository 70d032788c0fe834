/** A subject over time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Principal } from '../principal.ts';
import type { ApiKind, Locate, Located, Show } from './kind.ts';

export interface FollowParts<Kind extends ApiKind> {
  readonly locate: Locate<Kind>;
  readonly show: Show<Kind>;
  /** Pause between two looks. */
  readonly everyMs: number;
}

/** Its views: the first at once, then one for each change, until no operation is in progress. */
export const followSubject = <Kind extends ApiKind>(
  { locate, show, everyMs }: FollowParts<Kind>,
  first: Located<Kind>,
  principal?: Principal,
) =>
  async function* follow(signal: AbortSignal): AsyncGenerator<Kind['view']> {
    let located: Located<Kind> | undefined = first;
    let last = '';
    while (located && located.user === first.user && !signal.aborted) {
      const view: Kind['view'] = await show(located, principal);
      const text = JSON.stringify(view);
      if (text !== last) yield view;
      last = text;
      if (view.operation === null) return;
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) located = await locate(first.id);
    }
  };
