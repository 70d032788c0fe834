import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print, printJson } from '../output.ts';
import { renderWorkspace } from '../render-workspace.ts';
import { requireSuccess, waitForEnd } from '../wait.ts';

interface Options extends ConnectOptions {
  readonly force?: boolean;
  readonly wait: boolean;
}

export const registerRotate = (program: Command): void => {
  withApi(program.command('rotate'))
    .description('give a running workspace another key, to be claimed')
    .argument('<id>', 'the workspace')
    .option('--force', 'for operators: earlier keys are deactivated after their grace although somebody uses them')
    .option('--no-wait', 'return as soon as the rotation has started')
    .action(async (id: string, options: Options) => {
      const api = await connect(options, {});
      const path = `/v1/workspaces/${encodeURIComponent(id)}/rotate`;
      const workspace = await api.call<WorkspaceView>('POST', path, options.force ? { force: true } : undefined);
      if (!options.wait) {
        if (options.json) printJson(workspace);
        else print(renderWorkspace(workspace));
        return;
      }
      const ended = await waitForEnd(api, id, options.json === true);
      if (!options.json) print(renderWorkspace(ended));
      requireSuccess(ended);
    });
};
