/** Runs a command line in this process. */
import { CommanderError } from 'commander';
import { ConfigError } from '#config/config-error.ts';
import { CliError, EXIT, type ExitCode } from './exit-codes.ts';
import { note, printJson } from './output.ts';
import { createProgram } from './program.ts';

/** @returns what the process is to end with */
export const run = async (args: readonly string[]): Promise<ExitCode> => {
  try {
    await createProgram(args).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    return fail(error, args);
  }
};

const fail = (error: unknown, args: readonly string[]): ExitCode => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    if (args.includes('--json') && error.problem !== undefined) printJson(error.problem);
    note(`eyrie: ${error.message}`);
    return error.exitCode;
  }
  note(`eyrie: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof ConfigError ? EXIT.usage : EXIT.internal;
};
