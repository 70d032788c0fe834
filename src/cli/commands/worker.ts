import type { Command } from 'commander';
import { type RootOptions, runRoot } from '../run-root.ts';

export const registerWorker = (program: Command): void => {
  program
    .command('worker')
    .description('run a worker')
    .option('--config <file>', 'YAML file (default: EYRIE_CONFIG)')
    .option(
      '--hatchery-config <file>',
      "Hatchery's own configuration (default: EYRIE_HATCHERY_CONFIG, or as the YAML file says)",
    )
    .option('--json', 'print one line of JSON when it polls')
    .action((options: RootOptions) => runRoot('worker.ts', options));
};
