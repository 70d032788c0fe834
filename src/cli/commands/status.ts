import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print, printJson } from '../output.ts';
import { WORKSPACE } from '../render-workspace.ts';

export const registerStatus = (program: Command): void => {
  withApi(program.command('status'))
    .description('show a workspace')
    .argument('<id>', 'the workspace')
    .action(async (id: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const workspace = await api.call<WorkspaceView>('GET', `/v1/workspaces/${encodeURIComponent(id)}`);
      if (options.json) printJson(workspace);
      else print(WORKSPACE.render(workspace));
    });
};
