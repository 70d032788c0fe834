import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, withApi } from '../connect.ts';
import { type PageOptions, printPage, renderPhase, withPages, withStuck } from '../pages.ts';

interface Options extends PageOptions {
  readonly unhealthy?: boolean;
}

export const registerList = (program: Command): void => {
  withStuck(withPages(withApi(program.command('list'))))
    .description('list workspaces, a page at a time')
    .option('--unhealthy', 'only those that run and are not as they were launched any more: a launch repairs them')
    .action(async (options: Options) => {
      await printPage<WorkspaceView>(await connect(options, {}), options, {
        path: '/v1/workspaces',
        ...(options.unhealthy && { query: { unhealthy: 'true' } }),
        head: ['WORKSPACE', 'USER', 'PHASE', 'ACCOUNT', 'UPDATED', ...(options.unhealthy ? ['WRONG'] : [])],
        rowOf: (one) => [
          ...[one.id, one.user, renderPhase(one), one.account, one.updatedAt],
          ...(options.unhealthy ? [one.health?.problems[0]?.detail ?? ''] : []),
        ],
        stuckOf: ({ stuck }) => stuck,
      });
    });
};
