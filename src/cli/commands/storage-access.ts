/** What the owner of storage works with. The token says whose it is. */
import { randomUUID } from 'node:crypto';
import { type Command, Option } from 'commander';
import { STORAGE_CONFIG_MODES } from '#domain/storage/nextflow-config.ts';
import type { ApiClient } from '../api-client.ts';
import { type ConnectOptions, connect, makesTokens, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { type Credential, type FormatOptions, formatOptions, printCredential } from '../render-credential.ts';

export interface OwnOptions extends ConnectOptions {
  readonly user?: string;
}

interface AccessOptions extends OwnOptions, FormatOptions {
  readonly key?: true;
}

interface MadeKey {
  readonly aws_key_id: string;
  readonly aws_key_secret: string;
}

export const USER = ['--user <id>', 'whose token is made while `eyrie dev` runs'] as const;

/**
 * As the owner of storage, whom the token names. `eyrie dev` makes tokens of any user, and no operator has storage.
 * @throws CliError where it is not said who that is, or said of somebody whom the token does not name
 */
export const connectAsOwner = async (options: OwnOptions): Promise<ApiClient> => {
  const { user } = options;
  const isMade = makesTokens(options);
  if (isMade && user === undefined)
    throw new CliError(
      EXIT.usage,
      'storage is that of a user: name one with --user ID, or pass their token by --token',
    );
  if (!isMade && user !== undefined)
    throw new CliError(
      EXIT.usage,
      '--user is for `eyrie dev`, which makes the token: this one says itself whose it is',
    );
  return await connect(options, { user });
};

export const registerStorageAccess = (storage: Command): void => {
  const credentials = withApi(storage.command('credentials'))
    .description("credentials for the bucket of the token's user: for `eval`, a program, or ~/.aws/credentials")
    .option(...USER)
    .option('--key', 'an IAM key for S3 itself instead of a session of the S3 endpoint, which ends after an hour')
    .action(async (options: AccessOptions) => {
      const api = await connectAsOwner(options);
      const credential = options.key
        ? ofKey(await api.call('POST', '/storage/credentials', undefined, { 'idempotency-key': randomUUID() }))
        : ofSession(await api.call('POST', '/storage/session', {}));
      printCredential(credential, options);
    });
  for (const option of formatOptions()) credentials.addOption(option);

  withApi(storage.command('nextflow-config'))
    .description("print the nextflow.config of the token's user, for tasks on the TES server")
    .option(...USER)
    .addOption(
      new Option('--mode <mode>', 's3: the S3 endpoint, with the token as key; keys: S3 itself, with an IAM key')
        .choices(STORAGE_CONFIG_MODES)
        .default('s3'),
    )
    .action(async ({ mode, ...options }: OwnOptions & { readonly mode: string }) => {
      const api = await connectAsOwner(options);
      const config = await api.text(`/storage/nextflow.config?mode=${mode}`);
      if (options.json) printJson({ config });
      else print(config.trimEnd());
    });
};

const ofSession = ({ endpoint, ...session }: Credential & { readonly endpoint: string }): Credential => ({
  ...session,
  s3Endpoint: endpoint,
});

const ofKey = ({ aws_key_id, aws_key_secret }: MadeKey): Credential => ({
  accessKeyId: aws_key_id,
  secretAccessKey: aws_key_secret,
});
