import type { Command } from 'commander';
import type { StorageView } from '#domain/storage/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { type FinishOptions, order, watch } from '../finish.ts';
import { print, printJson } from '../output.ts';
import { type PageOptions, printPage, withPages, withStuck } from '../pages.ts';
import { NAMED, STORAGE } from '../render-storage.ts';
import { pathTo } from '../render-subject.ts';
import { onSubject } from '../subject-name.ts';
import { registerOwnStorage } from './own-storage.ts';
import { registerStorageAccess } from './storage-access.ts';

export const registerStorage = (program: Command): void => {
  const storage = program.command('storage').description("users' storage: their buckets and keys");

  withStuck(withPages(withApi(storage.command('list'))))
    .description('list storage, a page at a time; an operator sees that of all users')
    .action(async (options: PageOptions) => {
      await printPage<StorageView>(await connect(options, {}), options, {
        path: STORAGE.path,
        head: ['STORAGE', 'USER', 'PHASE', 'BUCKET', 'UPDATED'],
        rowOf: ({ id, user, phase, bucket, updatedAt }) => [id, user, phase, bucket, updatedAt],
        stuckOf: ({ stuck }) => stuck,
      });
    });

  withApi(storage.command('show'))
    .description("show a user's storage")
    .argument('<storage>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      const view = await onSubject(api, STORAGE, given, (id) => api.call<StorageView>('GET', pathTo(STORAGE, id)));
      if (options.json) printJson(view);
      else print(STORAGE.render(view));
    });

  withApi(storage.command('watch'))
    .description('follow it until no operation is in progress')
    .argument('<storage>', NAMED)
    .action(async (given: string, options: ConnectOptions) => {
      const api = await connect(options, {});
      await onSubject(api, STORAGE, given, (id) => watch(STORAGE, api, { id, json: options.json === true }));
    });

  withApi(storage.command('empty'))
    .description('remove everything from the bucket, which stays (for operators)')
    .argument('<storage>', NAMED)
    .option('--no-wait', 'return within 20 seconds, however far it is')
    .action((given: string, options: FinishOptions) =>
      order(STORAGE, given, options, { method: 'DELETE', below: '/objects' }),
    );

  withApi(storage.command('delete'))
    .description('delete the bucket with everything in it (for operators)')
    .argument('<storage>', NAMED)
    .option('--no-wait', 'return as soon as it has started')
    .action((given: string, options: FinishOptions) => order(STORAGE, given, options, { method: 'DELETE' }));

  withApi(storage.command('retry'))
    .description('try again at once what waits; go on with a removal that failed (for operators)')
    .argument('<storage>', NAMED)
    .option('--step <name>', 'only this step (default: all that wait)')
    .option('--no-wait', 'return as soon as it is asked for')
    .action((given: string, options: FinishOptions & { readonly step?: string }) =>
      order(STORAGE, given, options, {
        below: '/retry',
        body: options.step === undefined ? {} : { step: options.step },
      }),
    );

  withApi(storage.command('abandon-step'))
    .description('give a step up: a set-up is taken back, a removal is given up (for operators)')
    .argument('<storage>', NAMED)
    .argument('<step>', 'the step')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .option('--no-wait', 'return as soon as it is asked for')
    .action((given: string, step: string, options: FinishOptions & { readonly reason: string }) =>
      order(STORAGE, given, options, { below: '/abandon-step', body: { step, reason: options.reason } }),
    );

  registerStorageAccess(storage);
  registerOwnStorage(storage);
};
