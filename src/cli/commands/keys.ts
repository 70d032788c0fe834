import type { Command } from 'commander';
import type { KeyHolderItem, KeyHolderView } from '#api/keys/key-holders.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { findByLastPart } from '../find-subject.ts';
import { print, printJson, renderTable } from '../output.ts';
import { type PageOptions, printPage, withPages } from '../pages.ts';
import { pathTo } from '../render-subject.ts';
import { commonForms, type NamedKind, onSubject } from '../subject-name.ts';
import { typed } from '../typed.ts';

const PLACE = { kind: 'key-holder', path: '/v1/key-holders' } as const;

const HOLDER: NamedKind = {
  ...PLACE,
  forms: [
    'the id of its user (42, or 42-bot for the system keys of their tasks)',
    ...commonForms(PLACE.kind, PLACE.path, '42'),
  ],
  find: findByLastPart(PLACE),
};

const NAMED =
  'the holder: its id, the id of its user (with -bot for the system keys of their tasks), or an address that shows it';

export const registerKeys = (program: Command): void => {
  const keys = program.command('keys').description('who holds access keys (for operators)');

  withPages(withApi(keys.command('list')))
    .description('list holders of keys, a page at a time')
    .action(async (options: PageOptions) => {
      await printPage<KeyHolderItem>(await connect(options, {}), options, {
        path: HOLDER.path,
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
    .argument('<holder>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      show(await onSubject(api, HOLDER, given, (id) => api.call<KeyHolderView>('GET', pathTo(HOLDER, id))), options);
    });

  withApi(keys.command('remove'))
    .description('remove a holder with its IAM user, policy and keys, for a user who is gone')
    .argument('<holder>', NAMED)
    .option('--force', 'although tasks hold its keys, which then lose their access')
    .action(async (given: string, options: ConnectOptions & { readonly force?: true }) => {
      const api = await connect(options, {});
      const query = options.force ? '?force=true' : '';
      const view = await onSubject(api, HOLDER, given, (id) =>
        api.call<KeyHolderView>('DELETE', `${pathTo(HOLDER, id)}${query}`),
      );
      show(view, options);
      if (view.phase !== 'removed')
        throw new CliError(
          EXIT.unavailable,
          `it is not over yet: \`${typed(`eyrie keys remove ${view.id}`)}\` goes on with it`,
        );
    });
};

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
