import type { Command } from 'commander';
import { type RootOptions, runRoot } from '../run-root.ts';

export const registerApi = (program: Command): void => {
  program
    .command('api')
    .description('run the API')
    .option('--config <file>', 'YAML file (default: EYRIE_CONFIG)')
    .option(
      '--hatchery-config <file>',
      "Hatchery's own configuration (default: EYRIE_HATCHERY_CONFIG, or as the YAML file says)",
    )
    .option('--json', 'print one line of JSON when it listens')
    .action((options: RootOptions) => runRoot('api/server.ts', options));
};
