import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { WORKSPACE } from '../render-workspace.ts';

export const registerRetry = (program: Command): void => {
  withApi(program.command('retry'))
    .description('try again at once what waits; go on with a removal that failed, and remove what is left over')
    .argument('<id>', 'the workspace')
    .option('--step <name>', 'only this step (default: all that wait)')
    .option('--no-wait', 'return as soon as it is asked for')
    .action(async (id: string, options: FinishOptions & { readonly step?: string }) => {
      const api = await connect(options, {});
      const path = `/v1/workspaces/${encodeURIComponent(id)}/retry`;
      const body = options.step === undefined ? {} : { step: options.step };
      await finish(WORKSPACE, api, options)(await api.call<WorkspaceView>('POST', path, body));
    });
};

export const registerAbandonStep = (program: Command): void => {
  withApi(program.command('abandon-step'))
    .description('give a step up: a launch is unwound, a removal lists what it could not remove')
    .argument('<id>', 'the workspace')
    .argument('<step>', 'the step')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .option('--no-wait', 'return as soon as it is asked for')
    .action(async (id: string, step: string, options: FinishOptions & { readonly reason: string }) => {
      const api = await connect(options, {});
      const path = `/v1/workspaces/${encodeURIComponent(id)}/abandon-step`;
      await finish(
        WORKSPACE,
        api,
        options,
      )(await api.call<WorkspaceView>('POST', path, { step, reason: options.reason }));
    });
};
