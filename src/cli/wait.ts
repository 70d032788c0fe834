/** Follows an operation to its end and says how it ended. */
import type { ApiClient, Followed } from './api-client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { note, printJson } from './output.ts';
import { showLive } from './progress/live.ts';
import { showPlain } from './progress/plain.ts';
import { pathTo, renderError, type ShownKind } from './render-subject.ts';

/** What is there when no operation is under way any more. */
export const waitForEnd = async <View extends Followed>(
  api: ApiClient,
  kind: ShownKind<View>,
  { id, json }: { readonly id: string; readonly json: boolean },
): Promise<View> => {
  const views = api.follow<View>(pathTo(kind, id), kind.event);
  if (json) return last(views, printJson);
  return isWide(process.stdout) ? showLive(views) : last(views, showPlain(note));
};

/** Narrower ones, and those that do not know their width (a recording, a job's log), would break every line. */
const COLUMNS_MIN = 40;

const isWide = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): boolean =>
  isTTY === true && (columns ?? 0) >= COLUMNS_MIN;

const last = async <View extends Followed>(views: AsyncIterable<View>, each: (view: View) => void): Promise<View> => {
  let latest: View | undefined;
  for await (const view of views) {
    each(view);
    latest = view;
  }
  if (!latest) throw new CliError(EXIT.unavailable, 'the API closed the event stream without an event');
  return latest;
};

/** `failed`, and of compute environments `failed-…` and what was found to be `degraded`. */
const FAILED = /^(failed|degraded)/;

/** @throws CliError where the operation has failed. */
export const requireSuccess = ({ id, phase, error, leftovers }: Followed): void => {
  if (!FAILED.test(phase) && error === null) return;
  const lines = [
    `${id} is ${phase}${error ? `: ${renderError(error)}` : ''}`,
    ...leftovers.map(({ type, id: left, name, reason }) => `  left over: ${type} ${name ?? left ?? ''}: ${reason}`),
  ];
  throw new CliError(EXIT.failed, lines.join('\n'));
};
