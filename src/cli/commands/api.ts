import type { Command } from 'commander';
import { runRoot } from '../run-root.ts';

export const registerApi = (program: Command): void => {
  program
    .command('api')
    .description('run the API')
    .option('--config <file>', 'YAML file (default: EYRIE_CONFIG)')
    .option('--json', 'print one line of JSON when it listens')
    .action((options: { config?: string; json?: boolean }) => runRoot('api/server.ts', options));
};
