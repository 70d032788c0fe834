/** The end of a command that started something: shows it at once, or follows it to its end. */
import { type Command, InvalidArgumentError } from 'commander';
import { COMMANDS } from '#domain/core/commands.ts';
import type { ApiClient, Followed, Method } from './api-client.ts';
import { type ConnectOptions, connect } from './connect.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { note, print, printJson } from './output.ts';
import { pathTo, type ShownKind } from './render-subject.ts';
import { onSubject } from './subject-name.ts';
import { typed } from './typed.ts';
import { requireSuccess, type Watched, waitForEnd } from './wait.ts';

export interface WaitOptions extends ConnectOptions {
  /** Seconds that are waited for the end. Default: until it comes. */
  readonly timeout?: number;
}

export interface FinishOptions extends WaitOptions {
  /** False: return as soon as it has started. */
  readonly wait: boolean;
}

/** Timers of Node can't be relied on for much longer. */
const SECONDS_MAX = 24 * 60 * 60;

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= SECONDS_MAX)) throw new InvalidArgumentError('seconds, such as 600');
  return seconds;
};

/** Of whatever is followed to its end. */
export const withTimeout = (command: Command): Command =>
  command.option('--timeout <seconds>', 'wait for so long at most; what was started goes on', parseSeconds);

/** @param unless what `--no-wait` does */
export const withWait = (command: Command, unless = 'return as soon as it has started'): Command =>
  withTimeout(command.option('--no-wait', unless));

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
    if (options.wait) await watch(kind, api, { id: started.id, started, options });
    else if (options.json) printJson(started);
    else print(kind.render(started));
  };

interface Watching<View> extends Pick<Watched<View>, 'id' | 'started'> {
  readonly options: WaitOptions;
}

/** Follows what is there to the end of its operation. @throws CliError where that has failed, or takes too long */
export const watch = async <View extends Followed>(
  kind: ShownKind<View>,
  api: ApiClient,
  { options, ...what }: Watching<View>,
): Promise<void> => {
  const json = options.json === true;
  const again = followedBy(`${COMMANDS[kind.kind].watch} ${what.id}`);
  const ended = await whileFollowing(again, options, (signal) => waitForEnd(api, kind, { ...what, json, signal }));
  if (!json) print(kind.render(ended));
  requireSuccess(ended);
};

/** @param command that looks again */
export const followedBy = (command: string): string => `\`${typed(command)}\` follows it again`;

/** Who stops looking, or waits no longer, is told that the work goes on. @param again what shows it then, as a sentence */
export const whileFollowing = async <T>(
  again: string,
  { timeout }: WaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const late = new AbortController();
  const timer = timeout === undefined ? undefined : setTimeout(() => late.abort(), timeout * 1_000);
  const leave = (): never => {
    note(`\nno longer followed: what was started goes on; ${again}`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', leave);
  try {
    return await work(late.signal);
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new CliError(EXIT.late, `it is not over after ${timeout} s: what was started goes on; ${again}`);
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', leave);
  }
};
