import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { type LaunchOptions, launchRequestOf, withLaunch } from '../launch-request.ts';
import { note } from '../output.ts';
import { WORKSPACE } from '../render-workspace.ts';

export const registerLaunch = (program: Command): void => {
  withLaunch(withApi(program.command('launch')))
    .description('launch a workspace and show its progress')
    .option('--no-wait', 'return as soon as the launch has started')
    .action(async (options: LaunchOptions & FinishOptions) => {
      const request = launchRequestOf(options);
      const api = await connect(options, { user: options.user });
      const started = await api.call<WorkspaceView>('POST', '/v1/workspaces', request);
      await finish(WORKSPACE, api, options)(started);
      if (options.wait && !options.json) note(nextSteps(started.id));
    });
};

const nextSteps = (id: string): string =>
  [
    '',
    'next:',
    `  eval "$(eyrie credentials ${id})"              # its key, once`,
    `  eyrie nextflow-config ${id} > nextflow.config`,
    '  nextflow run hello -c nextflow.config',
  ].join('\n');
