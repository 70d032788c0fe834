/** What is done to a compute environment that is there. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { withApi } from '../connect.ts';
import { type FinishOptions, order, withWait } from '../finish.ts';
import { readDocument } from '../read-document.ts';
import { COMPUTE, NAMED } from '../render-compute.ts';

interface DisposeOptions extends FinishOptions {
  readonly force?: boolean;
  readonly jobs: 'drain' | 'terminate';
  readonly confirmData?: boolean;
  readonly drainMinutes?: number;
}

const withChange = (command: Command): Command => withWait(withApi(command), 'return as soon as it is asked for');

const parseMinutes = (text: string): number => {
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1) throw new InvalidArgumentError('a whole number of minutes');
  return minutes;
};

export const registerComputeChanges = (compute: Command): void => {
  withChange(compute.command('update'))
    .description('change a compute environment: what the file does not name stays')
    .argument('<environment>', NAMED)
    .requiredOption('-f, --file <file>', 'YAML or JSON: parts of what an export says; `-` is standard input')
    .action((given: string, options: FinishOptions & { readonly file: string }) =>
      order(COMPUTE, given, options, { method: 'PATCH', body: readDocument(options.file) }),
    );

  withChange(compute.command('validate'))
    .description('compare a compute environment with AWS')
    .argument('<environment>', NAMED)
    .option('--repair', 'put right what can be put right without risk')
    .action((given: string, options: FinishOptions & { readonly repair?: boolean }) =>
      order(COMPUTE, given, options, { below: '/validate', body: { repair: options.repair === true } }),
    );

  withChange(compute.command('dispose'))
    .description('delete a compute environment and all that was made for it')
    .argument('<environment>', NAMED)
    .option('--force', 'hide it at once; of one that has failed, is degraded or is being deleted')
    .addOption(
      new Option('--jobs <policy>', 'drain: jobs end first; terminate: they are ended')
        .choices(['drain', 'terminate'])
        .default('drain'),
    )
    .option('--confirm-data', 'file systems may go although they are not empty')
    .option('--drain-minutes <n>', 'how long a drain waits (default: as configured)', parseMinutes)
    .action((given: string, { force, jobs, confirmData, drainMinutes, ...options }: DisposeOptions) => {
      const query = new URLSearchParams({
        jobs,
        ...(force && { force: 'true' }),
        ...(confirmData && { data: 'confirm' }),
        ...(drainMinutes !== undefined && { drainMinutes: String(drainMinutes) }),
      });
      return order(COMPUTE, given, options, { method: 'DELETE', below: `?${query}` });
    });

  withChange(compute.command('retry'))
    .description('try again at once what waits; go on with what failed or ended half-way')
    .argument('<environment>', NAMED)
    .option('--step <name>', 'only this step (default: all that wait)')
    .action((given: string, options: FinishOptions & { readonly step?: string }) =>
      order(COMPUTE, given, options, {
        below: '/retry',
        body: options.step === undefined ? {} : { step: options.step },
      }),
    );

  withChange(compute.command('abandon-step'))
    .description('give a step up: a create goes on as its onFailure says, a removal lists what it could not remove')
    .argument('<environment>', NAMED)
    .argument('<step>', 'the step')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .action((given: string, step: string, options: FinishOptions & { readonly reason: string }) =>
      order(COMPUTE, given, options, { below: '/abandon-step', body: { step, reason: options.reason } }),
    );

  for (const [what, description] of [
    ['enable', 'enable a compute environment'],
    ['disable', 'disable a compute environment: whoever launches runs leaves it alone'],
    ['primary', 'make a compute environment the default for launches'],
  ] as const) {
    withApi(compute.command(what))
      .description(description)
      .argument('<environment>', NAMED)
      .action((given: string, options: FinishOptions) =>
        order(COMPUTE, given, { ...options, wait: false }, { below: `/${what}` }),
      );
  }
};
