import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { WORKSPACE } from '../render-workspace.ts';

interface Options extends FinishOptions {
  readonly force?: boolean;
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
      const body = options.force ? { force: true } : undefined;
      await finish(WORKSPACE, api, options)(await api.call<WorkspaceView>('POST', path, body));
    });
};
