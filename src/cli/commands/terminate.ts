import { type Command, Option } from 'commander';
import { withApi } from '../connect.ts';
import { type FinishOptions, order, withWait } from '../finish.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';

interface Options extends FinishOptions {
  readonly mode: 'park' | 'dispose';
}

export const registerTerminate = (program: Command): void => {
  withWait(withApi(program.command('terminate')), 'return as soon as the termination has started')
    .description('terminate a workspace')
    .argument('<workspace>', NAMED)
    .addOption(
      new Option('--mode <mode>', 'park: keys, jobs and the proxy go; dispose: all but the objects')
        .choices(['park', 'dispose'])
        .default('park'),
    )
    .action((given: string, options: Options) =>
      order(WORKSPACE, given, options, { below: '/terminate', body: { mode: options.mode } }),
    );
};
