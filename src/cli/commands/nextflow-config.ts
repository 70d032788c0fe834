import type { Command } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print, printJson } from '../output.ts';

export const registerNextflowConfig = (program: Command): void => {
  withApi(program.command('nextflow-config'))
    .description('print the nextflow.config of a workspace')
    .argument('<id>', 'the workspace')
    .action(async (id: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const config = await api.text(`/v1/workspaces/${encodeURIComponent(id)}/nextflow.config`);
      if (options.json) printJson({ config });
      else print(config.trimEnd());
    });
};
