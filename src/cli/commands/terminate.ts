import { type Command, Option } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { WORKSPACE } from '../render-workspace.ts';

interface Options extends FinishOptions {
  readonly mode: 'park' | 'dispose';
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
      await finish(WORKSPACE, api, options)(await api.call<WorkspaceView>('POST', path, { mode: options.mode }));
    });
};
