import type { Command } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { watch } from '../finish.ts';
import { WORKSPACE } from '../render-workspace.ts';

export const registerWatch = (program: Command): void => {
  withApi(program.command('watch'))
    .description('follow a workspace until no operation is in progress')
    .argument('<id>', 'the workspace')
    .action(async (id: string, options: ConnectOptions) => {
      await watch(WORKSPACE, await connect(options, {}), { id, json: options.json === true });
    });
};
