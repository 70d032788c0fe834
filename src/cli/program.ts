/** All commands, for `main.ts` and for the reference page. */
import { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { registerApi } from './commands/api.ts';
import { registerBootstrap } from './commands/bootstrap.ts';
import { registerCompletion } from './commands/completion.ts';
import { registerCompute } from './commands/compute.ts';
import { registerCredentials } from './commands/credentials.ts';
import { registerDev } from './commands/dev.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerKeys } from './commands/keys.ts';
import { registerLaunch } from './commands/launch.ts';
import { registerList } from './commands/list.ts';
import { registerNextflowConfig } from './commands/nextflow-config.ts';
import { registerOperations } from './commands/operations.ts';
import { registerPlan } from './commands/plan.ts';
import { registerAbandonStep, registerRetry } from './commands/repair.ts';
import { registerRotate } from './commands/rotate.ts';
import { registerSchedules } from './commands/schedules.ts';
import { registerStatus } from './commands/status.ts';
import { registerStorage } from './commands/storage.ts';
import { registerSweep } from './commands/sweep.ts';
import { registerTasks } from './commands/tasks.ts';
import { registerTerminate } from './commands/terminate.ts';
import { registerToken } from './commands/token.ts';
import { registerWatch } from './commands/watch.ts';
import { registerWorker } from './commands/worker.ts';
import { requireNoMore } from './meant.ts';
import { renderMisuse } from './wanting.ts';

/** All below it, and itself. */
const everyOf = (command: Command): Command[] => [command, ...command.commands.flatMap(everyOf)];

/** Throws instead of ending the process. @param args what it is to parse, for messages that repeat it */
export const createProgram = (args: readonly string[] = []): Command => {
  const program = new Command('eyrie')
    .description('Durable control plane for Nextflow workspaces on AWS')
    .version(manifest.version, '--version', 'print the version')
    .exitOverride();

  for (const register of [
    registerDev,
    registerWorker,
    registerApi,
    registerBootstrap,
    registerDoctor,
    registerPlan,
    registerLaunch,
    registerStatus,
    registerWatch,
    registerCredentials,
    registerNextflowConfig,
    registerTerminate,
    registerRotate,
    registerRetry,
    registerAbandonStep,
    registerList,
    registerCompute,
    registerStorage,
    registerKeys,
    registerTasks,
    registerOperations,
    registerSchedules,
    registerSweep,
    registerToken,
    registerCompletion,
  ]) {
    register(program);
  }
  for (const command of everyOf(program)) {
    command.allowExcessArguments();
    command.configureOutput({ outputError: (error, write) => write(renderMisuse(command, error)) });
  }
  return program.hook('preAction', (_, command) => requireNoMore(command, args));
};
