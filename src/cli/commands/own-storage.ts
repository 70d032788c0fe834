/** What the owner of storage does about it and its keys. The token says whose it is. */
import type { Command } from 'commander';
import type { ApiClient } from '../api-client.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { type FinishOptions, followedBy, type WaitOptions, whileFollowing, withWait } from '../finish.ts';
import { print, printJson, renderTable } from '../output.ts';
import { STORAGE } from '../render-storage.ts';
import { typed } from '../typed.ts';
import { waitForEnd } from '../wait.ts';
import { connectAsOwner, type OwnOptions, USER } from './storage-access.ts';

interface Info {
  readonly bucket: string;
  readonly workdir: string;
  readonly region: string;
  readonly kms_key_arn: string | null;
  readonly state: string;
}

interface Key {
  readonly aws_key_id: string;
  readonly status: string;
}

/** Of a bucket that was made for somebody else's S3 server, nothing else is known. */
const MADE: readonly string[] = ['ready', 'none'];

export const registerOwnStorage = (storage: Command): void => {
  withWait(withApi(storage.command('setup')))
    .description("make the bucket of the token's user where it is missing, and tell where to work")
    .option(...USER)
    .action(async ({ wait, ...options }: OwnOptions & FinishOptions) => {
      const api = await connectAsOwner(options);
      const location = await api.begin('GET', '/storage/setup');
      if (wait && location !== null) await follow(api, location, options);
      const info = await api.call<Info>('GET', '/storage/info');
      showInfo(info, options);
      if (wait && !MADE.includes(info.state))
        throw new CliError(
          EXIT.failed,
          `the storage is ${info.state}: \`${typed('eyrie storage setup')}\` tries again; an operator sees why`,
        );
    });

  withApi(storage.command('info'))
    .description("tell where the bucket of the token's user is, and whether it is ready")
    .option(...USER)
    .action(async (options: OwnOptions) => {
      const api = await connectAsOwner(options);
      showInfo(await api.call<Info>('GET', '/storage/info'), options);
    });

  withApi(storage.command('keys'))
    .description("list the IAM keys of the token's user, and when they expire")
    .option(...USER)
    .action(async (options: OwnOptions) => {
      const api = await connectAsOwner(options);
      const keys = await api.call<readonly Key[]>('GET', '/storage/credentials');
      if (options.json) printJson(keys);
      else print(renderTable([['KEY', 'STATUS'], ...keys.map(({ aws_key_id, status }) => [aws_key_id, status])]));
    });

  withApi(storage.command('delete-key'))
    .description("delete an IAM key of the token's user: what uses it loses its access")
    .argument('<key>', 'id of the access key, as `eyrie storage keys` lists it')
    .option(...USER)
    .action(async (key: string, options: OwnOptions) => {
      const api = await connectAsOwner(options);
      await api.call('DELETE', `/storage/credentials/${encodeURIComponent(key)}`);
      if (options.json) printJson({ deleted: key });
      else print(`${key} is deleted`);
    });

  withApi(storage.command('revoke-sessions'))
    .description("end all sessions of the S3 endpoint that the token's user has, or (for operators) another one")
    .option(...USER)
    .option('--of <id>', 'for operators: id of the user whose sessions end')
    .action(async ({ of, ...options }: OwnOptions & { readonly of?: string }) => {
      const api = await (of === undefined ? connectAsOwner(options) : connect(options, {}));
      await api.call('POST', '/storage/session/revoke', of === undefined ? {} : { user: of });
      if (options.json) printJson({ revoked: of ?? null });
      else print('the sessions end within 30 seconds');
    });
};

/** To its end, whatever that is: what is told afterwards says it. As JSON one line is printed, of how it ended. */
const follow = (api: ApiClient, location: string, options: WaitOptions): Promise<void> =>
  whileFollowing(followedBy('eyrie storage setup'), options, async (signal) => {
    const id = decodeURIComponent(location.slice(`${STORAGE.path}/`.length));
    if (options.json) for await (const _ of api.follow(location, STORAGE.event, signal));
    else await waitForEnd(api, STORAGE, { id, json: false, signal });
  });

const showInfo = (info: Info, { json }: ConnectOptions): void => {
  const { bucket, workdir, region, kms_key_arn, state } = info;
  const rows = [
    ['bucket', bucket],
    ['workdir', workdir],
    ['region', region],
    ['state', state],
  ];
  if (json) printJson(info);
  else print(renderTable([...rows, ...(kms_key_arn ? [['key', kms_key_arn]] : [])]));
};
