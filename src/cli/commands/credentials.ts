import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import type { ApiClient } from '../api-client.ts';
import { type ConnectOptions, connect, devAt, makesTokens, withApi } from '../connect.ts';
import { type Credential, type FormatOptions, formatOptions, printCredential } from '../render-credential.ts';
import { pathTo } from '../render-subject.ts';
import { NAMED, WORKSPACE } from '../render-workspace.ts';
import { onSubject } from '../subject-name.ts';

interface Options extends ConnectOptions, FormatOptions {
  readonly user?: string;
}

export const registerCredentials = (program: Command): void => {
  const command = withApi(program.command('credentials'))
    .description('claim the credentials of a workspace, once: for `eval`, a program, or ~/.aws/credentials')
    .argument('<workspace>', NAMED)
    .option('--user <name>', 'whose token is made while `eyrie dev` runs (default: its user, who alone may claim)')
    .action(async (given: string, options: Options) => {
      const api = await connect(options, { user: options.user });
      const credential = await onSubject(api, WORKSPACE, given, async (id) =>
        claim(await asItsUser(api, id, options), id),
      );
      // What the sandbox has made is of use in the sandbox alone.
      const endpoint = devAt(api.url)?.aws;
      printCredential({ ...credential, ...(endpoint !== undefined && { endpoint }) }, options);
    });
  for (const option of formatOptions()) command.addOption(option);
};

/** An operator may look, and never claim: where a token is made, it is one of the user whose workspace it is. */
const asItsUser = async (api: ApiClient, id: string, options: Options): Promise<ApiClient> => {
  if (options.user !== undefined || !makesTokens(options)) return api;
  const { user } = await api.call<WorkspaceView>('GET', pathTo(WORKSPACE, id));
  return connect(options, { user });
};

const claim = (api: ApiClient, id: string): Promise<Credential> => {
  // A cut connection must not cost the only sight of the secret.
  const headers = { 'idempotency-key': randomUUID() };
  return api.call<Credential>('POST', `${pathTo(WORKSPACE, id)}/credentials`, undefined, headers);
};
