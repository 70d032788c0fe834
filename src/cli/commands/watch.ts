import type { Command } from 'commander';
import { connect, withApi } from '../connect.ts';
import { type WaitOptions, watch, withTimeout } from '../finish.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';
import { onSubject } from '../subject-name.ts';

export const registerWatch = (program: Command): void => {
  withTimeout(withApi(program.command('watch')))
    .description('follow a workspace until no operation is in progress')
    .argument('<workspace>', NAMED)
    .action(async (given: string, options: WaitOptions) => {
      const api = await connect(options, {});
      await onSubject(api, WORKSPACE, given, (id) => watch(WORKSPACE, api, { id, options }));
    });
};
