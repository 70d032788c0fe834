/** A workspace over time. */
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { Principal } from '../principal.ts';
import type { Located } from './locate.ts';
import type { Workspaces } from './workspaces.ts';

/** Views of a workspace: the first at once, then one for each change, until no operation is under way. */
export const followWorkspace = (
  { locate, show }: Pick<Workspaces, 'locate' | 'show'>,
  first: Located,
  everyMs: number,
  principal?: Principal,
) =>
  async function* follow(signal: AbortSignal): AsyncGenerator<WorkspaceView> {
    let located: Located | undefined = first;
    let last = '';
    while (located && located.user === first.user && !signal.aborted) {
      const view = await show(located, principal);
      const text = JSON.stringify(view);
      if (text !== last) yield view;
      last = text;
      if (view.operation === null) return;
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) located = await locate(first.id);
    }
  };
