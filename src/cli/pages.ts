/** Lists that come by pages. */
import { type Command, InvalidArgumentError } from 'commander';
import type { StuckView } from '#domain/core/operation.ts';
import type { ApiClient, Followed } from './api-client.ts';
import type { ConnectOptions } from './connect.ts';
import { listAll } from './find-subject.ts';
import { note, print, printJson, renderTable } from './output.ts';

export interface PageOptions extends ConnectOptions {
  readonly phase?: string;
  readonly limit: number;
  readonly cursor?: string;
  readonly stuck?: boolean;
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

/** Of what has operations. */
export const withStuck = (command: Command): Command =>
  command.option('--stuck', 'only those whose operation waits for longer than it should, of all pages');

export interface PageOf<Item> {
  /** Of the list. */
  readonly path: string;
  /** What else is asked for. */
  readonly query?: Readonly<Record<string, string>>;
  readonly head: readonly string[];
  readonly rowOf: (item: Item) => readonly string[];
  /** Of what has operations: makes the column STUCK. */
  readonly stuckOf?: (item: Item) => StuckView | null;
}

/** Prints a page as a table, or as it is. */
export const printPage = async <Item>(api: ApiClient, options: PageOptions, page: PageOf<Item>): Promise<void> => {
  const answer = await (options.stuck ? allStuck : onePage)(api, options, page);
  if (options.json) return printJson(answer);
  const { head, rowOf, stuckOf } = page;
  const rows = answer.items.map((item) => [...rowOf(item), ...(stuckOf ? [renderStuck(stuckOf(item))] : [])]);
  print(renderTable([[...head, ...(stuckOf ? ['STUCK'] : [])], ...rows]));
  if (answer.nextCursor) note(`next page: --cursor ${answer.nextCursor}`);
};

const onePage = <Item>(api: ApiClient, options: PageOptions, page: PageOf<Item>): Promise<Page<Item>> => {
  const query = new URLSearchParams({
    limit: String(options.limit),
    ...(options.phase && { phase: options.phase }),
    ...(options.cursor && { cursor: options.cursor }),
    ...page.query,
  });
  return api.call<Page<Item>>('GET', `${page.path}?${query}`);
};

const allStuck = async <Item>(
  api: ApiClient,
  { phase }: PageOptions,
  { path, query, stuckOf }: PageOf<Item>,
): Promise<Page<Item>> => {
  const items: Item[] = [];
  for await (const item of listAll<Item>(api, path, { ...query, ...(phase && { phase }) }))
    if (stuckOf?.(item)) items.push(item);
  return { items, nextCursor: null };
};

/** What has failed says with what; so does what is being taken back, which is in the phase that it was in. */
export const renderPhase = ({
  phase,
  error,
  unwindingSince,
}: Pick<Followed, 'phase' | 'error' | 'unwindingSince'>): string => {
  // While no worker answers, nobody tells what it began with.
  return `${phase}${unwindingSince ? ', taken back' : ''}${error ? `: ${error.code}` : ''}`;
};

/** Where no code says why, the beginning of the reason does: `no worker answers`. */
const renderStuck = (stuck: StuckView | null): string => {
  if (stuck === null) return '-';
  const why = stuck.code ?? stuck.reason?.split(';')[0] ?? '';
  return `${stuck.step} since ${stuck.since}${why === '' ? '' : `: ${why}`}`;
};
