import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type PageOptions, printPage, withPages, withStuck } from '../pages.ts';

export const registerList = (program: Command): void => {
  withStuck(withPages(withApi(program.command('list'))))
    .description('list workspaces, a page at a time')
    .action(async (options: PageOptions) => {
      await printPage<WorkspaceView>(await connect(options, {}), options, {
        path: '/v1/workspaces',
        head: ['WORKSPACE', 'USER', 'PHASE', 'ACCOUNT', 'UPDATED'],
        rowOf: ({ id, user, phase, account, updatedAt }) => [id, user, phase, account, updatedAt],
        stuckOf: ({ stuck }) => stuck,
      });
    });
};
