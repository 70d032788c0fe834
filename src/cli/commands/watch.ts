import type { Command } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print } from '../output.ts';
import { renderWorkspace } from '../render-workspace.ts';
import { requireSuccess, waitForEnd } from '../wait.ts';

export const registerWatch = (program: Command): void => {
  withApi(program.command('watch'))
    .description('follow a workspace until no operation is in progress')
    .argument('<id>', 'the workspace')
    .action(async (id: string, options: ConnectOptions) => {
      const ended = await waitForEnd(await connect(options, {}), id, options.json === true);
      if (!options.json) print(renderWorkspace(ended));
      requireSuccess(ended);
    });
};
