import type { Command } from 'commander';
import type { StorageView } from '#domain/storage/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { type FinishOptions, finish, watch } from '../finish.ts';
import { print, printJson } from '../output.ts';
import { type PageOptions, printPage, withPages } from '../pages.ts';
import { STORAGE } from '../render-storage.ts';
import { pathTo } from '../render-subject.ts';

export const registerStorage = (program: Command): void => {
  const storage = program.command('storage').description("users' storage: their buckets and keys");

  withPages(withApi(storage.command('list')))
    .description('list storage, a page at a time; an operator sees that of all users')
    .action(async (options: PageOptions) => {
      await printPage<StorageView>(await connect(options, {}), options, {
        path: STORAGE.path,
        head: ['STORAGE', 'USER', 'PHASE', 'BUCKET', 'UPDATED'],
        rowOf: ({ id, user, phase, bucket, updatedAt }) => [id, user, phase, bucket, updatedAt],
      });
    });

  withApi(storage.command('show'))
    .description("show a user's storage")
    .argument('<id>', 'the storage')
    .action(async (id: string, options: ConnectOptions) => {
      const view = await (await connect(options, {})).call<StorageView>('GET', pathTo(STORAGE, id));
      if (options.json) printJson(view);
      else print(STORAGE.render(view));
    });

  withApi(storage.command('watch'))
    .description('follow it until no operation is in progress')
    .argument('<id>', 'the storage')
    .action(async (id: string, options: ConnectOptions) => {
      await watch(STORAGE, await connect(options, {}), { id, json: options.json === true });
    });

  withApi(storage.command('empty'))
    .description('remove everything from the bucket, which stays (for operators)')
    .argument('<id>', 'the storage')
    .option('--no-wait', 'return within 20 seconds, however far it is')
    .action((id: string, options: FinishOptions) => change('DELETE', `${pathTo(STORAGE, id)}/objects`, options));

  withApi(storage.command('delete'))
    .description('delete the bucket with everything in it (for operators)')
    .argument('<id>', 'the storage')
    .option('--no-wait', 'return as soon as it has started')
    .action((id: string, options: FinishOptions) => change('DELETE', pathTo(STORAGE, id), options));

  withApi(storage.command('retry'))
    .description('try again at once what waits; go on with a removal that failed (for operators)')
    .argument('<id>', 'the storage')
    .option('--step <name>', 'only this step (default: all that wait)')
    .option('--no-wait', 'return as soon as it is asked for')
    .action((id: string, options: FinishOptions & { readonly step?: string }) =>
      change('POST', `${pathTo(STORAGE, id)}/retry`, options, options.step === undefined ? {} : { step: options.step }),
    );
};

const change = async (
  method: 'POST' | 'DELETE',
  path: string,
  options: FinishOptions,
  body?: unknown,
): Promise<void> => {
  const api = await connect(options, {});
  await finish(STORAGE, api, options)(await api.call<StorageView>(method, path, body));
};
