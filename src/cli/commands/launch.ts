import type { Command } from 'commander';
import type { LaunchPlan } from '#api/workspaces/plan.ts';
import { shellWord } from '#domain/core/commands.ts';
import { NO_WORKER } from '#domain/core/no-worker.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { connect, devAt, withApi } from '../connect.ts';
import { CliError, EXIT, isNotFound } from '../exit-codes.ts';
import { type FinishOptions, finish, withWait } from '../finish.ts';
import { type LaunchOptions, launchRequestOf, withLaunch } from '../launch-request.ts';
import { note } from '../output.ts';
import { pathTo } from '../render-subject.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';
import { onSubject } from '../subject-name.ts';
import { typed, typedIn } from '../typed.ts';

export const registerLaunch = (program: Command): void => {
  withWait(withLaunch(withApi(program.command('launch'))), 'return as soon as the launch has started')
    .description('launch a workspace and show its progress; one that is there again, for its user, with its profile')
    .argument('[workspace]', `one that is there, or was: ${NAMED}`)
    .action(async (given: string | undefined, options: LaunchOptions & FinishOptions) => {
      const asked = given === undefined ? options : await launchAgain(given, options);
      const request = launchRequestOf(asked);
      const api = await connect(options, { user: asked.user });
      const started = await api.call<WorkspaceView>('POST', '/v1/workspaces', request);
      await finish(WORKSPACE, api, options)(started);
      if (!options.json)
        note(
          options.wait
            ? nextSteps(started.id, devAt(api.url) !== undefined)
            : `\nnext: ${typed(`eyrie watch ${started.id}`)}`,
        );
    });
};

/** @throws CliError where what is there does not say all of it, or says something else */
const launchAgain = async (given: string, options: LaunchOptions & FinishOptions): Promise<LaunchOptions> => {
  if (options.user !== undefined)
    throw new CliError(EXIT.usage, 'pass either a workspace that is there, or --user for whoever it is to be for');
  const api = await connect(options, {});
  const found = await onSubject(api, WORKSPACE, given, (id) =>
    api.call<WorkspaceView>('GET', pathTo(WORKSPACE, id)),
  ).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
    const first = typed(`eyrie launch --user ${shellWord(given)}`);
    throw new CliError(EXIT.notFound, `${error.message}\n  a first launch for a user ${given} is \`${first}\``);
  });
  const { id, user, profile, account } = found;
  const isToldHow = options.profile !== undefined || options.nextflow !== undefined;
  if (profile === null && !isToldHow)
    throw new CliError(
      EXIT.usage,
      `${id} was launched with a nextflow block of its own, as Hatchery does: pass it with --nextflow FILE, or a --profile`,
    );
  const again = { ...options, user, ...(profile !== null && !isToldHow && { profile }) };
  await requireAccount(again, account, options);
  return again;
};

/** Where a pay model chose the account, the same launch without it would be in another one. */
const requireAccount = async (request: LaunchOptions, account: string, options: FinishOptions): Promise<void> => {
  const api = await connect(options, { user: request.user });
  const body = launchRequestOf(request);
  const plan = await api.call<Pick<LaunchPlan, 'account' | 'quota'>>('POST', '/v1/workspaces/plan', body);
  if (plan.quota.fits === null) note(typedIn(`${NO_WORKER.reason}: ${NO_WORKER.hint}`));
  if (plan.account === account) return;
  throw new CliError(
    EXIT.usage,
    `it is in account ${account}, and this launch would be in ${plan.account}: pass its pay model with --pay-model FILE`,
  );
};

/** The sandbox has no machines that run jobs. */
const nextSteps = (id: string, inSandbox: boolean): string =>
  [
    '',
    'next:',
    `  eval "$(${typed(`eyrie credentials ${id}`)})"   # its key, once`,
    `  ${typed(`eyrie nextflow-config ${id}`)} > nextflow.config`,
    `  nextflow run hello${inSandbox ? ' -process.executor local -work-dir work' : ''}`,
  ].join('\n');
