/** Removals of one's own bucket, as the token says whose it is, or by an operator of anybody's. */
import type { Command } from 'commander';
import type { StorageView } from '#domain/storage/view.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { print, printJson } from '../output.ts';
import { NAMED, STORAGE } from '../render-storage.ts';
import { connectAsOwner, USER } from './storage-access.ts';

export interface RemovalOptions extends FinishOptions {
  readonly own?: true;
  readonly user?: string;
}

/** Nobody's bucket is removed without a word that names it: one's own neither. */
export const withOwn = (command: Command): Command =>
  command
    .argument('[storage]', `for operators: ${NAMED}`)
    .option('--own', "instead: that of the token's user")
    .option(...USER);

/** @throws CliError where it is not said whose */
export const isOwn = (given: string | undefined, { own, user }: RemovalOptions): given is undefined => {
  if ((given === undefined) !== (own === true))
    throw new CliError(EXIT.usage, "pass either a storage (for operators) or --own for that of the token's user");
  if (user !== undefined && !own) throw new CliError(EXIT.usage, '--user goes with --own');
  return given === undefined;
};

/** @param done what to say where it is over at once */
export const beginOwn = async (path: string, done: string, options: RemovalOptions): Promise<void> => {
  const api = await connectAsOwner(options);
  const location = await api.begin('DELETE', path);
  if (location !== null) await finish(STORAGE, api, options)(await api.call<StorageView>('GET', location));
  else if (options.json) printJson({ done: true });
  else print(done);
};
