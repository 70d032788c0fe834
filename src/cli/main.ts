/** The command line. */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '#config/load.ts';
import { registerApi } from './commands/api.ts';
import { registerDev } from './commands/dev.ts';
import { registerLaunch } from './commands/launch.ts';
import { registerList } from './commands/list.ts';
import { registerStatus } from './commands/status.ts';
import { registerTerminate } from './commands/terminate.ts';
import { registerToken } from './commands/token.ts';
import { registerWatch } from './commands/watch.ts';
import { registerWorker } from './commands/worker.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { note, printJson } from './output.ts';

const program = new Command('eyrie')
  .description('Durable control plane for Nextflow workspaces on AWS')
  .exitOverride()
  .showHelpAfterError('(add --help for the options)')
  .configureHelp({ showGlobalOptions: true });

for (const register of [
  registerDev,
  registerWorker,
  registerApi,
  registerLaunch,
  registerStatus,
  registerWatch,
  registerTerminate,
  registerList,
  registerToken,
]) {
  register(program);
}

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

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = fail(error);
}
