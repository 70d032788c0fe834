/** What is done to a compute environment that is there. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ComputeView } from '#domain/compute/view.ts';
import { connect, withApi } from '../connect.ts';
import { type FinishOptions, finish } from '../finish.ts';
import { readDocument } from '../read-document.ts';
import { COMPUTE } from '../render-compute.ts';
import { pathTo } from '../render-subject.ts';

interface DisposeOptions extends FinishOptions {
  readonly force?: boolean;
  readonly jobs: 'drain' | 'terminate';
  readonly confirmData?: boolean;
  readonly drainMinutes?: number;
}

const NO_WAIT = ['--no-wait', 'return as soon as it is asked for'] as const;

const parseMinutes = (text: string): number => {
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1) throw new InvalidArgumentError('a whole number of minutes');
  return minutes;
};

export const registerComputeChanges = (compute: Command): void => {
  const post = async (id: string, what: string, options: FinishOptions, body?: object): Promise<void> => {
    const api = await connect(options, {});
    await finish(COMPUTE, api, options)(await api.call<ComputeView>('POST', `${pathTo(COMPUTE, id)}/${what}`, body));
  };

  withApi(compute.command('update'))
    .description('change a compute environment: what the file does not name stays')
    .argument('<id>', 'its id')
    .requiredOption('-f, --file <file>', 'YAML or JSON: parts of what an export says; `-` is standard input')
    .option(...NO_WAIT)
    .action(async (id: string, options: FinishOptions & { readonly file: string }) => {
      const patch = readDocument(options.file);
      const api = await connect(options, {});
      await finish(COMPUTE, api, options)(await api.call<ComputeView>('PATCH', pathTo(COMPUTE, id), patch));
    });

  withApi(compute.command('validate'))
    .description('compare a compute environment with AWS')
    .argument('<id>', 'its id')
    .option('--repair', 'put right what can be put right without risk')
    .option(...NO_WAIT)
    .action((id: string, options: FinishOptions & { readonly repair?: boolean }) =>
      post(id, 'validate', options, { repair: options.repair === true }),
    );

  withApi(compute.command('dispose'))
    .description('delete a compute environment and all that was made for it')
    .argument('<id>', 'its id')
    .option('--force', 'hide it at once; of one that has failed, is degraded or is being deleted')
    .addOption(
      new Option('--jobs <policy>', 'drain: jobs end first; terminate: they are ended')
        .choices(['drain', 'terminate'])
        .default('drain'),
    )
    .option('--confirm-data', 'file systems may go although they are not empty')
    .option('--drain-minutes <n>', 'how long a drain waits (default: as configured)', parseMinutes)
    .option(...NO_WAIT)
    .action(async (id: string, { force, jobs, confirmData, drainMinutes, ...options }: DisposeOptions) => {
      const query = new URLSearchParams({
        jobs,
        ...(force && { force: 'true' }),
        ...(confirmData && { data: 'confirm' }),
        ...(drainMinutes !== undefined && { drainMinutes: String(drainMinutes) }),
      });
      const api = await connect(options, {});
      await finish(COMPUTE, api, options)(await api.call<ComputeView>('DELETE', `${pathTo(COMPUTE, id)}?${query}`));
    });

  withApi(compute.command('retry'))
    .description('try again at once what waits; go on with what failed or ended half-way')
    .argument('<id>', 'its id')
    .option('--step <name>', 'only this step (default: all that wait)')
    .option(...NO_WAIT)
    .action((id: string, options: FinishOptions & { readonly step?: string }) =>
      post(id, 'retry', options, options.step === undefined ? {} : { step: options.step }),
    );

  withApi(compute.command('abandon-step'))
    .description('give a step up: a create goes on as its onFailure says, a removal lists what it could not remove')
    .argument('<id>', 'its id')
    .argument('<step>', 'the step')
    .requiredOption('--reason <text>', 'why; kept in the history')
    .option(...NO_WAIT)
    .action((id: string, step: string, options: FinishOptions & { readonly reason: string }) =>
      post(id, 'abandon-step', options, { step, reason: options.reason }),
    );

  for (const [what, description] of [
    ['enable', 'enable a compute environment'],
    ['disable', 'disable a compute environment: whoever launches runs leaves it alone'],
    ['primary', 'make a compute environment the default for launches'],
  ] as const) {
    withApi(compute.command(what))
      .description(description)
      .argument('<id>', 'its id')
      .action((id: string, options: FinishOptions) => post(id, what, { ...options, wait: false }));
  }
};
