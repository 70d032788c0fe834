import { type Command, Option } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print, printJson } from '../output.ts';
import { renderWorkspace } from '../render-workspace.ts';
import { requireSuccess, waitForEnd } from '../wait.ts';

interface Options extends ConnectOptions {
  readonly mode: 'park' | 'dispose';
  readonly wait: boolean;
}

export const registerTerminate = (program: Command): void => {
  withApi(program.command('terminate'))
    .description('terminate a workspace')
    .argument('<id>', 'the workspace')
    .addOption(
      new Option('--mode <mode>', 'park: keys, jobs and the proxy go; dispose: all but the objects')
        .choices(['park', 'dispose'])
        .default('park'),
    )
    .option('--no-wait', 'return as soon as the termination has started')
    .action(async (id: string, options: Options) => {
      const api = await connect(options, {});
      const path = `/v1/workspaces/${encodeURIComponent(id)}/terminate`;
      const workspace = await api.call<WorkspaceView>('POST', path, { mode: options.mode });
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
