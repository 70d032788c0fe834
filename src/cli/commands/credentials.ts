import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { note, print, printJson } from '../output.ts';

interface Credential {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly region: string;
}

const FORMATS = ['env', 'json', 'profile'] as const;

interface Options extends ConnectOptions {
  readonly format: (typeof FORMATS)[number];
  readonly profile: string;
  readonly user?: string;
}

export const registerCredentials = (program: Command): void => {
  withApi(program.command('credentials'))
    .description('claim the credentials of a workspace, once: for `eval`, a program, or ~/.aws/credentials')
    .argument('<id>', 'the workspace')
    .option('--user <name>', 'whose token is made while `eyrie dev` runs: only its user may claim')
    .addOption(
      new Option('--format <format>', 'shell exports, JSON, or a profile for ~/.aws/credentials')
        .choices(FORMATS)
        .default('env'),
    )
    .option('--profile <name>', 'name of the profile', 'eyrie')
    .action(async (id: string, { format, profile, ...options }: Options) => {
      const api = await connect(options, { user: options.user });
      const path = `/v1/workspaces/${encodeURIComponent(id)}/credentials`;
      // A cut connection must not cost the only sight of the secret.
      const headers = { 'idempotency-key': randomUUID() };
      const credential = await api.call<Credential>('POST', path, undefined, headers);
      if (options.json || format === 'json') return printJson(credential);
      print(format === 'env' ? renderExports(credential) : renderProfile(credential, profile));
      note('this is the only time that the secret is shown');
    });
};

const variablesOf = ({ accessKeyId, secretAccessKey, environment, region }: Credential): Record<string, string> => ({
  ...(accessKeyId !== undefined && { AWS_ACCESS_KEY_ID: accessKeyId }),
  ...(secretAccessKey !== undefined && { AWS_SECRET_ACCESS_KEY: secretAccessKey }),
  ...environment,
  AWS_REGION: region,
});

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const renderExports = (credential: Credential): string =>
  Object.entries(variablesOf(credential))
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join('\n');

const renderProfile = ({ accessKeyId, secretAccessKey, region }: Credential, profile: string): string => {
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CliError(
      EXIT.usage,
      'this workspace is given sessions that refresh, which no profile can hold: use --format env',
    );
  }
  return [
    `[${profile}]`,
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    `region = ${region}`,
  ].join('\n');
};
