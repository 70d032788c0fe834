import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TES_STATES } from '#tes/model.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { note, print, printJson, renderTable } from '../output.ts';
import { readDocument } from '../read-document.ts';

interface ListOptions extends ConnectOptions {
  readonly state?: string;
  readonly name?: string;
  readonly tag: readonly string[];
  readonly limit: number;
  readonly cursor?: string;
}

interface Page {
  readonly tasks: readonly Task[];
  readonly next_page_token?: string;
}

interface Task {
  readonly id: string;
  readonly state?: string;
  readonly name?: string;
  readonly creation_time?: string;
}

const PATH = '/ga4gh/tes/v1/tasks';

const pathTo = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

interface Log {
  readonly start_time?: string;
  readonly end_time?: string;
  readonly exit_code?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

interface ShownTask extends Task {
  readonly executors?: readonly { readonly image: string; readonly command?: readonly string[] }[];
  readonly logs?: readonly (Log & { readonly logs?: readonly Log[]; readonly system_logs?: readonly string[] })[];
}

/** Of the last attempt, why it went wrong and what it wrote. */
const render = ({
  id,
  state = '',
  name = '',
  creation_time: made = '',
  executors = [],
  logs = [],
}: ShownTask): string => {
  const last = logs.at(-1);
  return renderTable([
    ...[
      ['task', id],
      ['state', state],
      ['name', name],
      ['created', made],
    ],
    ...executors.map(({ image, command = [] }) => ['runs', `${image} ${command.join(' ')}`]),
    ...(last?.logs ?? []).flatMap(({ exit_code: code, stdout = '', stderr = '' }) => [
      ...(code === undefined ? [] : [['exit code', String(code)]]),
      ...[stdout, stderr].filter((text) => text !== '').map((text) => ['wrote', text.trimEnd()]),
    ]),
    ...(last?.system_logs ?? []).map((line) => ['log', line]),
  ]);
};

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > 2_047) throw new InvalidArgumentError('1 to 2047');
  return limit;
};

const collect = (text: string, known: readonly string[]): readonly string[] => [...known, text];

export const registerTasks = (program: Command): void => {
  const tasks = program.command('tasks').description('tasks of the TES server');

  withApi(tasks.command('list'))
    .description('list tasks, a page at a time; an operator sees those of all users')
    .addOption(new Option('--state <state>', 'only those in this state').choices(TES_STATES))
    .option('--name <prefix>', 'only those whose name begins with it')
    .option('--tag <key=value>', 'only those with this tag; may be repeated, and leave the value out', collect, [])
    .option('--limit <n>', 'items per page', parseLimit, 50)
    .option('--cursor <token>', 'next_page_token of the previous page')
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams({
        view: 'BASIC',
        page_size: String(options.limit),
        ...(options.state && { state: options.state }),
        ...(options.name && { name_prefix: options.name }),
        ...(options.cursor && { page_token: options.cursor }),
      });
      for (const tag of options.tag) {
        const [key = '', ...value] = tag.split('=');
        query.append('tag_key', key);
        query.append('tag_value', value.join('='));
      }
      const page = await (await connect(options, {})).call<Page>('GET', `${PATH}?${query}`);
      if (options.json) return printJson(page);
      const rows = page.tasks.map(({ id, state, name, creation_time: made }) => [
        id,
        state ?? '',
        name ?? '',
        made ?? '',
      ]);
      print(renderTable([['TASK', 'STATE', 'NAME', 'CREATED'], ...rows]));
      if (page.next_page_token) note(`next page: --cursor ${page.next_page_token}`);
    });

  withApi(tasks.command('show'))
    .description('show a task')
    .argument('<id>', 'the task')
    .action(async (id: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const task = await api.call<ShownTask>('GET', `${pathTo(id)}?view=FULL`);
      if (options.json) printJson(task);
      else print(render(task));
    });

  withApi(tasks.command('create'))
    .description('create a task')
    .requiredOption('-f, --file <file>', 'the task of GA4GH TES, as YAML or JSON; - is standard input')
    .action(async ({ file, ...options }: ConnectOptions & { readonly file: string }) => {
      const body = readDocument(file);
      const api = await connect(options, {});
      const made = await api.call<{ readonly id: string }>('POST', PATH, body, { 'idempotency-key': randomUUID() });
      if (options.json) printJson(made);
      else print(made.id);
    });

  withApi(tasks.command('cancel'))
    .description('cancel a task')
    .argument('<id>', 'the task')
    .action(async (id: string, options: ConnectOptions) => {
      const answer = await (await connect(options, {})).call<unknown>('POST', `${pathTo(id)}:cancel`);
      if (options.json) printJson(answer);
      else print(`${id} is being cancelled`);
    });
};
