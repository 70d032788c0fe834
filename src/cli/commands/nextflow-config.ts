import type { Command } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print, printJson } from '../output.ts';
import { pathTo } from '../render-subject.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';
import { onSubject } from '../subject-name.ts';

export const registerNextflowConfig = (program: Command): void => {
  withApi(program.command('nextflow-config'))
    .description('print the nextflow.config of a workspace')
    .argument('<workspace>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const config = await onSubject(api, WORKSPACE, given, (id) =>
        api.text(`${pathTo(WORKSPACE, id)}/nextflow.config`),
      );
      if (options.json) printJson({ config });
      else print(config.trimEnd());
    });
};
