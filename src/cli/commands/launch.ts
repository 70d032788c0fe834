import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { type LaunchOptions, launchRequestOf, withLaunch } from '../launch-request.ts';
import { WORKSPACE } from '../render-workspace.ts';

export const registerLaunch = (program: Command): void => {
  withLaunch(withApi(program.command('launch')))
    .description('launch a workspace and show its progress')
    .option('--no-wait', 'return as soon as the launch has started')
    .action(async (options: LaunchOptions & FinishOptions) => {
      const request = launchRequestOf(options);
      const api = await connect(options, { user: options.user });
      await finish(WORKSPACE, api, options)(await api.call<WorkspaceView>('POST', '/v1/workspaces', request));
    });
};
