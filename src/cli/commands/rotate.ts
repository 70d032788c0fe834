import type { Command } from 'commander';
import { withApi } from '../connect.ts';
import { type FinishOptions, order } from '../finish.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';

interface Options extends FinishOptions {
  readonly force?: boolean;
}

export const registerRotate = (program: Command): void => {
  withApi(program.command('rotate'))
    .description('give a running workspace another key, to be claimed')
    .argument('<workspace>', NAMED)
    .option('--force', 'for operators: earlier keys are deactivated after their grace although somebody uses them')
    .option('--no-wait', 'return as soon as the rotation has started')
    .action((given: string, options: Options) =>
      order(WORKSPACE, given, options, { below: '/rotate', ...(options.force && { body: { force: true } }) }),
    );
};
