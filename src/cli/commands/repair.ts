import type { Command } from 'commander';
import { withApi } from '../connect.ts';
import { type FinishOptions, order, withWait } from '../finish.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';

const ASKED = 'return as soon as it is asked for';

export const registerRetry = (program: Command): void => {
  withWait(withApi(program.command('retry')), ASKED)
    .description('try again at once what waits; go on with a removal that failed, and remove what is left over')
    .argument('<workspace>', NAMED)
    .option('--step <name>', 'only this step (default: all that wait)')
    .action((given: string, options: FinishOptions & { readonly step?: string }) =>
      order(WORKSPACE, given, options, {
        below: '/retry',
        body: options.step === undefined ? {} : { step: options.step },
      }),
    );
};

export const registerAbandonStep = (program: Command): void => {
  withWait(withApi(program.command('abandon-step')), ASKED)
    .description('give a step up: a launch is unwound, a removal lists what it could not remove')
    .argument('<workspace>', NAMED)
    .argument('<step>', 'the step')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .action((given: string, step: string, options: FinishOptions & { readonly reason: string }) =>
      order(WORKSPACE, given, options, { below: '/abandon-step', body: { step, reason: options.reason } }),
    );
};
