/** The end of a command that started something: shows it at once, or follows it to its end. */
import { COMMANDS } from '#domain/core/commands.ts';
import type { ApiClient, Followed, Method } from './api-client.ts';
import { type ConnectOptions, connect } from './connect.ts';
import { EXIT } from './exit-codes.ts';
import { note, print, printJson } from './output.ts';
import { pathTo, type ShownKind } from './render-subject.ts';
import { onSubject } from './subject-name.ts';
import { typed } from './typed.ts';
import { requireSuccess, type Watched, waitForEnd } from './wait.ts';

export interface FinishOptions extends ConnectOptions {
  /** False: return as soon as it has started. */
  readonly wait: boolean;
}

/** What is asked for, below the path of what it is about. */
export interface Order {
  /** Default: POST. */
  readonly method?: Method;
  readonly below?: string;
  readonly body?: unknown;
}

/** Asks for something to be done to what a person means, and shows it. @throws CliError where it is refused, or has failed */
export const order = async <View extends Followed>(
  kind: ShownKind<View>,
  given: string,
  options: FinishOptions,
  { method = 'POST', below = '', body }: Order,
): Promise<void> => {
  const api = await connect(options, {});
  const started = await onSubject(api, kind, given, (id) =>
    api.call<View>(method, `${pathTo(kind, id)}${below}`, body),
  );
  await finish(kind, api, options)(started);
};

/** @returns what to call with what was started. @throws CliError where the operation that was followed has failed */
export const finish =
  <View extends Followed>(kind: ShownKind<View>, api: ApiClient, options: FinishOptions) =>
  async (started: View): Promise<void> => {
    if (options.wait) await watch(kind, api, { id: started.id, json: options.json === true, started });
    else if (options.json) printJson(started);
    else print(kind.render(started));
  };

/** Follows what is there to the end of its operation. @throws CliError where that has failed */
export const watch = async <View extends Followed>(
  kind: ShownKind<View>,
  api: ApiClient,
  what: Watched<View>,
): Promise<void> => {
  const ended = await whileFollowing(typed(`${COMMANDS[kind.kind].watch} ${what.id}`), () =>
    waitForEnd(api, kind, what),
  );
  if (!what.json) print(kind.render(ended));
  requireSuccess(ended);
};

/** Who stops looking is told that the work goes on. */
const whileFollowing = async <T>(again: string, work: () => Promise<T>): Promise<T> => {
  const leave = (): never => {
    note(`\nno longer followed: what was started goes on; \`${again}\` follows it again`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', leave);
  try {
    return await work();
  } finally {
    process.off('SIGINT', leave);
  }
};
