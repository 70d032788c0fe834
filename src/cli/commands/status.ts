import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { print, printJson } from '../output.ts';
import { pathTo } from '../render-subject.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';
import { onSubject } from '../subject-name.ts';

export const registerStatus = (program: Command): void => {
  withApi(program.command('status'))
    .description('show a workspace')
    .argument('<workspace>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const workspace = await onSubject(api, WORKSPACE, given, (id) =>
        api.call<WorkspaceView>('GET', pathTo(WORKSPACE, id)),
      );
      if (options.json) printJson(workspace);
      else print(WORKSPACE.render(workspace));
    });
};
