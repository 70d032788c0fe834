import type { Command } from 'commander';
import { withApi } from '../connect.ts';
import { type FinishOptions, order, withWait } from '../finish.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';

interface Options extends FinishOptions {
  readonly force?: boolean;
}

export const registerRotate = (program: Command): void => {
  withWait(withApi(program.command('rotate')), 'return as soon as the rotation has started')
    .description('give a running workspace another key, to be claimed')
    .argument('<workspace>', NAMED)
    .option('--force', 'for operators: earlier keys are deactivated after their grace although somebody uses them')
    .action((given: string, options: Options) =>
      order(WORKSPACE, given, options, { below: '/rotate', ...(options.force && { body: { force: true } }) }),
    );
};
