/** The command line. */
import { CommanderError } from 'commander';
import { ConfigError } from '#config/config-error.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { note, printJson } from './output.ts';
import { createProgram } from './program.ts';

const fail = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    if (process.argv.includes('--json') && error.problem !== undefined) printJson(error.problem);
    note(`eyrie: ${error.message}`);
    return error.exitCode;
  }
  note(`eyrie: ${error instanceof Error ? error.message : String(error)}`);
  return error instanceof ConfigError ? EXIT.usage : EXIT.internal;
};

// Who reads no further (`| head`) has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}
