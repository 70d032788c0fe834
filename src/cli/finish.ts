/** The end of a command that started something: shows it at once, or follows it to its end. */
import type { ApiClient, Followed } from './api-client.ts';
import type { ConnectOptions } from './connect.ts';
import { EXIT } from './exit-codes.ts';
import { note, print, printJson } from './output.ts';
import type { ShownKind } from './render-subject.ts';
import { requireSuccess, waitForEnd } from './wait.ts';

export interface FinishOptions extends ConnectOptions {
  /** False: return as soon as it has started. */
  readonly wait: boolean;
}

/** @returns what to call with what was started. @throws CliError where the operation that was followed has failed */
export const finish =
  <View extends Followed>(kind: ShownKind<View>, api: ApiClient, options: FinishOptions) =>
  async (started: View): Promise<void> => {
    if (options.wait) await watch(kind, api, { id: started.id, json: options.json === true });
    else if (options.json) printJson(started);
    else print(kind.render(started));
  };

/** Follows what is there to the end of its operation. @throws CliError where that has failed */
export const watch = async <View extends Followed>(
  kind: ShownKind<View>,
  api: ApiClient,
  what: { readonly id: string; readonly json: boolean },
): Promise<void> => {
  const ended = await whileFollowing(what.id, kind.watched, () => waitForEnd(api, kind, what));
  if (!what.json) print(kind.render(ended));
  requireSuccess(ended);
};

/** Who stops looking is told that the work goes on. */
const whileFollowing = async <T>(id: string, watched: string, work: () => Promise<T>): Promise<T> => {
  const leave = (): never => {
    note(`\nno longer followed: what was started goes on; \`${watched} ${id}\` follows it again`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', leave);
  try {
    return await work();
  } finally {
    process.off('SIGINT', leave);
  }
};
