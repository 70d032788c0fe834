import type { Command } from 'commander';
import type { StorageView } from '#domain/storage/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { type FinishOptions, order, type WaitOptions, watch, withTimeout, withWait } from '../finish.ts';
import { print, printJson } from '../output.ts';
import { type PageOptions, printPage, renderPhase, withPages, withStuck } from '../pages.ts';
import { NAMED, STORAGE } from '../render-storage.ts';
import { pathTo } from '../render-subject.ts';
import { onSubject } from '../subject-name.ts';
import { beginOwn, isOwn, type RemovalOptions, withOwn } from './own-removal.ts';
import { registerOwnStorage } from './own-storage.ts';
import { registerStorageAccess } from './storage-access.ts';

const ASKED = 'return as soon as it is asked for';

export const registerStorage = (program: Command): void => {
  const storage = program.command('storage').description("users' storage: their buckets and keys");

  withStuck(withPages(withApi(storage.command('list'))))
    .description('list storage, a page at a time; an operator sees that of all users')
    .action(async (options: PageOptions) => {
      await printPage<StorageView>(await connect(options, {}), options, {
        path: STORAGE.path,
        head: ['STORAGE', 'USER', 'PHASE', 'BUCKET', 'UPDATED'],
        rowOf: (one) => [one.id, one.user, renderPhase(one), one.bucket, one.updatedAt],
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

  withTimeout(withApi(storage.command('watch')))
    .description('follow it until no operation is in progress')
    .argument('<storage>', NAMED)
    .action(async (given: string, options: WaitOptions) => {
      const api = await connect(options, {});
      await onSubject(api, STORAGE, given, (id) => watch(STORAGE, api, { id, options }));
    });

  withOwn(withWait(withApi(storage.command('empty')), 'return within 20 seconds, however far it is'))
    .description('remove everything from the bucket, which stays')
    .action((given: string | undefined, options: RemovalOptions) =>
      isOwn(given, options)
        ? beginOwn('/storage/user-bucket/objects', 'the bucket is empty', options)
        : order(STORAGE, given, options, { method: 'DELETE', below: '/objects' }),
    );

  withOwn(withWait(withApi(storage.command('delete'))))
    .description('delete the bucket with everything in it')
    .action((given: string | undefined, options: RemovalOptions) =>
      isOwn(given, options)
        ? beginOwn('/storage/user-bucket', 'the bucket is deleted', options)
        : order(STORAGE, given, options, { method: 'DELETE' }),
    );

  withWait(withApi(storage.command('retry')), ASKED)
    .description('try again at once what waits; go on with a removal that failed (for operators)')
    .argument('<storage>', NAMED)
    .option('--step <name>', 'only this step (default: all that wait)')
    .action((given: string, options: FinishOptions & { readonly step?: string }) =>
      order(STORAGE, given, options, {
        below: '/retry',
        body: options.step === undefined ? {} : { step: options.step },
      }),
    );

  withWait(withApi(storage.command('abandon-step')), ASKED)
    .description('give a step up: a set-up is taken back, a removal is given up (for operators)')
    .argument('<storage>', NAMED)
    .argument('<step>', 'the step')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .action((given: string, step: string, options: FinishOptions & { readonly reason: string }) =>
      order(STORAGE, given, options, { below: '/abandon-step', body: { step, reason: options.reason } }),
    );

  registerStorageAccess(storage);
  registerOwnStorage(storage);
};
