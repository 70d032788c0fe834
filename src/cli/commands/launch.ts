import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parse as parseYaml } from 'yaml';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { renderWorkspace } from '../render-workspace.ts';
import { requireSuccess, waitForEnd } from '../wait.ts';

interface Options extends ConnectOptions {
  readonly user?: string;
  readonly profile?: string;
  readonly nextflow?: string;
  readonly payModel?: string;
  readonly wait: boolean;
}

export const registerLaunch = (program: Command): void => {
  withApi(program.command('launch'))
    .description('launch a workspace and show its progress')
    .option('--user <name>', 'for whom (default: the token’s user)')
    .option('--profile <name>', 'a configured profile')
    .option('--nextflow <file>', "JSON or YAML file with a container's nextflow block instead of a profile")
    .option('--pay-model <file>', 'JSON or YAML file with a pay-model record')
    .option('--no-wait', 'return as soon as the launch has started')
    .action(async (options: Options) => {
      const { user, profile } = options;
      const api = await connect(options, { user });
      const workspace = await api.call<WorkspaceView>('POST', '/v1/workspaces', {
        ...(user !== undefined && { user }),
        ...(profile !== undefined && { profile }),
        ...(options.nextflow !== undefined && { nextflow: readDocument(options.nextflow) }),
        ...(options.payModel !== undefined && { payModel: readDocument(options.payModel) }),
      });
      if (!options.wait) {
        if (options.json) printJson(workspace);
        else print(renderWorkspace(workspace));
        return;
      }
      const ended = await waitForEnd(api, workspace.id, options.json === true);
      if (!options.json) print(renderWorkspace(ended));
      requireSuccess(ended);
    });
};

const readDocument = (file: string): unknown => {
  try {
    return parseYaml(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CliError(EXIT.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};
