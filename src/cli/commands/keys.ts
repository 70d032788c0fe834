import type { Command } from 'commander';
import type { KeyHolderItem, KeyHolderView } from '#api/keys/key-holders.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { print, printJson, renderTable } from '../output.ts';
import { type PageOptions, printPage, withPages } from '../pages.ts';

const PATH = '/v1/key-holders';

export const registerKeys = (program: Command): void => {
  const keys = program.command('keys').description('who holds access keys (for operators)');

  withPages(withApi(keys.command('list')))
    .description('list holders of keys, a page at a time')
    .action(async (options: PageOptions) => {
      await printPage<KeyHolderItem>(await connect(options, {}), options, {
        path: PATH,
        head: ['HOLDER', 'USER', 'ROLE', 'PHASE', 'KEYS', 'UPDATED'],
        rowOf: ({ id, user, role, phase, keys: held, updatedAt }) => [
          ...[id, user, role, phase],
          held.map(({ id: key, state }) => `${key} ${state}`).join(', ') || '-',
          updatedAt,
        ],
      });
    });

  withApi(keys.command('show'))
    .description('show the keys of a holder, and which tasks hold them')
    .argument('<id>', 'the holder: <environment>.<user id>, with -bot behind it for the system keys of their tasks')
    .action(async (id: string, options: ConnectOptions) => {
      show(await (await connect(options, {})).call<KeyHolderView>('GET', pathOf(id)), options);
    });

  withApi(keys.command('remove'))
    .description('remove a holder with its IAM user, policy and keys, for a user who is gone')
    .argument('<id>', 'the holder')
    .option('--force', 'although tasks hold its keys, which then lose their access')
    .action(async (id: string, options: ConnectOptions & { readonly force?: true }) => {
      const api = await connect(options, {});
      const view = await api.call<KeyHolderView>('DELETE', `${pathOf(id)}${options.force ? '?force=true' : ''}`);
      show(view, options);
      if (view.phase !== 'removed')
        throw new CliError(EXIT.unavailable, 'it is not over yet: remove it again to go on');
    });
};

const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const show = (view: KeyHolderView, { json }: ConnectOptions): void => {
  if (json) printJson(view);
  else print(render(view));
};

const render = ({ id, user, role, phase, keys, former, removal }: KeyHolderView): string =>
  renderTable([
    ['holder', id],
    ['user', user],
    ['role', role],
    ['phase', phase],
    ...keys.flatMap(({ id: key, state, status, tasks }) => [
      ['key', `${key} ${state}, ${status}`],
      ...tasks.map(({ task, until }) => ['', `held by ${task} until ${until} at most`]),
    ]),
    ...former.map(({ id: key, removedAt, why }) => ['gone', `${key} since ${removedAt}: ${why}`]),
    ...(removal ? [['removal', `asked for by ${removal.requestedBy} at ${removal.requestedAt}`]] : []),
  ]);
