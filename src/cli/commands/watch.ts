import type { Command } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { watch } from '../finish.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';
import { onSubject } from '../subject-name.ts';

export const registerWatch = (program: Command): void => {
  withApi(program.command('watch'))
    .description('follow a workspace until no operation is in progress')
    .argument('<workspace>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      await onSubject(api, WORKSPACE, given, (id) => watch(WORKSPACE, api, { id, json: options.json === true }));
    });
};
