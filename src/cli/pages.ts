/** Lists that come by pages. */
import { type Command, InvalidArgumentError } from 'commander';
import type { ApiClient } from './api-client.ts';
import type { ConnectOptions } from './connect.ts';
import { note, print, printJson, renderTable } from './output.ts';

export interface PageOptions extends ConnectOptions {
  readonly phase?: string;
  readonly limit: number;
  readonly cursor?: string;
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) throw new InvalidArgumentError('1 to 100');
  return limit;
};

export const withPages = (command: Command): Command =>
  command
    .option('--phase <phase>', 'only those in this phase')
    .option('--limit <n>', 'items per page', parseLimit, 50)
    .option('--cursor <cursor>', 'nextCursor of the previous page');

export interface PageOf<Item> {
  /** Of the list. */
  readonly path: string;
  /** What else is asked for. */
  readonly query?: Readonly<Record<string, string>>;
  readonly head: readonly string[];
  readonly rowOf: (item: Item) => readonly string[];
}

/** Prints a page as a table, or as it is. */
export const printPage = async <Item>(api: ApiClient, options: PageOptions, page: PageOf<Item>): Promise<void> => {
  const query = new URLSearchParams({
    limit: String(options.limit),
    ...(options.phase && { phase: options.phase }),
    ...(options.cursor && { cursor: options.cursor }),
    ...page.query,
  });
  const answer = await api.call<Page<Item>>('GET', `${page.path}?${query}`);
  if (options.json) return printJson(answer);
  print(renderTable([page.head, ...answer.items.map(page.rowOf)]));
  if (answer.nextCursor) note(`next page: --cursor ${answer.nextCursor}`);
};
