import type { Command } from 'commander';
import { runRoot } from '../run-root.ts';

export const registerWorker = (program: Command): void => {
  program
    .command('worker')
    .description('run a worker')
    .option('--config <file>', 'YAML file (default: EYRIE_CONFIG)')
    .option('--json', 'print one line of JSON when it polls')
    .action((options: { config?: string; json?: boolean }) => runRoot('worker.ts', options));
};
