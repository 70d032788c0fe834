import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, devAt, withApi } from '../connect.ts';
import { type FinishOptions, finish, withWait } from '../finish.ts';
import { type LaunchOptions, launchRequestOf, withLaunch } from '../launch-request.ts';
import { note } from '../output.ts';
import { WORKSPACE } from '../render-workspace.ts';
import { typed } from '../typed.ts';

export const registerLaunch = (program: Command): void => {
  withWait(withLaunch(withApi(program.command('launch'))), 'return as soon as the launch has started')
    .description('launch a workspace and show its progress')
    .action(async (options: LaunchOptions & FinishOptions) => {
      const request = launchRequestOf(options);
      const api = await connect(options, { user: options.user });
      const started = await api.call<WorkspaceView>('POST', '/v1/workspaces', request);
      await finish(WORKSPACE, api, options)(started);
      if (!options.json)
        note(
          options.wait
            ? nextSteps(started.id, devAt(api.url) !== undefined)
            : `\nnext: ${typed(`eyrie watch ${started.id}`)}`,
        );
    });
};

/** The sandbox has no machines that run jobs. */
const nextSteps = (id: string, inSandbox: boolean): string =>
  [
    '',
    'next:',
    `  eval "$(${typed(`eyrie credentials ${id}`)})"   # its key, once`,
    `  ${typed(`eyrie nextflow-config ${id}`)} > nextflow.config`,
    `  nextflow run hello${inSandbox ? ' -process.executor local -work-dir work' : ''}`,
  ].join('\n');
