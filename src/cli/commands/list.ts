import { type Command, InvalidArgumentError } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { note, print, printJson, renderTable } from '../output.ts';

interface Options extends ConnectOptions {
  readonly phase?: string;
  readonly limit: number;
  readonly cursor?: string;
}

interface Page {
  readonly items: readonly Omit<WorkspaceView, 'steps'>[];
  readonly nextCursor: string | null;
}

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw new InvalidArgumentError('1 to 100');
  return limit;
};

export const registerList = (program: Command): void => {
  withApi(program.command('list'))
    .description('list workspaces, a page at a time')
    .option('--phase <phase>', 'only those in this phase')
    .option('--limit <n>', 'items per page', parseLimit, 50)
    .option('--cursor <cursor>', 'nextCursor of the previous page')
    .action(async (options: Options) => {
      const query = new URLSearchParams({
        limit: String(options.limit),
        ...(options.phase && { phase: options.phase }),
        ...(options.cursor && { cursor: options.cursor }),
      });
      const page = await (await connect(options, {})).call<Page>('GET', `/v1/workspaces?${query}`);
      if (options.json) return printJson(page);
      const rows = page.items.map(({ id, user, phase, account, updatedAt }) => [id, user, phase, account, updatedAt]);
      print(renderTable([['WORKSPACE', 'USER', 'PHASE', 'ACCOUNT', 'UPDATED'], ...rows]));
      if (page.nextCursor) note(`next page: --cursor ${page.nextCursor}`);
    });
};
