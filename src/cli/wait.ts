/** Follows an operation to its end and says how it ended. */
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { ApiClient } from './api-client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { note, printJson } from './output.ts';
import { showLive } from './progress/live.ts';
import { showPlain } from './progress/plain.ts';
import { renderError } from './render-workspace.ts';

/** The workspace as it is when no operation is under way any more. */
export const waitForEnd = async (api: ApiClient, id: string, json: boolean): Promise<WorkspaceView> => {
  const views = api.follow(id);
  if (json) return last(views, printJson);
  return isWide(process.stdout) ? showLive(views) : last(views, showPlain(note));
};

/** Narrower ones, and those that do not know their width (a recording, a job's log), would break every line. */
const COLUMNS_MIN = 40;

const isWide = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): boolean =>
  isTTY === true && (columns ?? 0) >= COLUMNS_MIN;

const last = async (
  views: AsyncIterable<WorkspaceView>,
  each: (view: WorkspaceView) => void,
): Promise<WorkspaceView> => {
  let latest: WorkspaceView | undefined;
  for await (const view of views) {
    each(view);
    latest = view;
  }
  if (!latest) throw new CliError(EXIT.unavailable, 'the API closed the event stream without an event');
  return latest;
};

/** @throws CliError where the operation has failed. */
export const requireSuccess = ({ id, phase, error, leftovers }: WorkspaceView): void => {
  if (phase !== 'failed' && error === null) return;
  const lines = [
    `${id} is ${phase}${error ? `: ${renderError(error)}` : ''}`,
    ...leftovers.map(({ type, id: left, name, reason }) => `  left over: ${type} ${name ?? left ?? ''}: ${reason}`),
  ];
  throw new CliError(EXIT.failed, lines.join('\n'));
};
