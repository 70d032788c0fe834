/** Follows an operation to its end and says how it ended. */
import { readCliEnvironment } from '#config/load.ts';
import type { ApiClient, Followed } from './api-client.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { note, printJson } from './output.ts';
import { showLive } from './progress/live.ts';
import { showPlain } from './progress/plain.ts';
import { exitsOf, pathTo, renderError, type ShownKind } from './render-subject.ts';

export interface Watched<View> {
  readonly id: string;
  readonly json: boolean;
  /** What is known of it already, and shown at once. */
  readonly started?: View;
  /** Ends the looking, with its reason. */
  readonly signal?: AbortSignal;
}

/** What is there when no operation is under way any more. */
export const waitForEnd = async <View extends Followed>(
  api: ApiClient,
  kind: ShownKind<View>,
  { id, json, started, signal }: Watched<View>,
): Promise<View> => {
  const news = api.follow<View>(pathTo(kind, id), kind.event, signal);
  if (json) return required(await last(news, printJson));
  const views = started ? after(started, news) : news;
  return required(
    await (canMove(process.stdout) ? showLive(views, exitsOf(kind)) : last(views, showPlain(note, exitsOf(kind)))),
  );
};

async function* after<View>(first: View, rest: AsyncIterable<View>): AsyncGenerator<View> {
  yield first;
  yield* rest;
}

/** Narrower ones, and those that do not know their width (a recording, a job's log), would break every line. */
const COLUMNS_MIN = 40;

const canMove = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): boolean =>
  isTTY === true && (columns ?? 0) >= COLUMNS_MIN && !readCliEnvironment().dumb;

const last = async <View>(views: AsyncIterable<View>, each: (view: View) => void): Promise<View | undefined> => {
  let latest: View | undefined;
  for await (const view of views) {
    each(view);
    latest = view;
  }
  return latest;
};

const required = <View>(view: View | undefined): View => {
  if (view) return view;
  throw new CliError(EXIT.unavailable, 'the API closed the event stream without an event');
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
