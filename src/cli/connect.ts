/** Options that every command has which speaks to the API, and what they default to. */
import type { Command } from 'commander';
import { readCliEnvironment } from '#config/load.ts';
import { trust } from '#config/trust.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { type DevState, readDevState } from './dev/state.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { requestToken } from './token.ts';

export interface ConnectOptions {
  readonly api?: string;
  readonly token?: string;
  readonly json?: boolean;
}

export const withApi = (command: Command): Command =>
  command
    .option('--api <url>', 'the API (default: EYRIE_API, else the running `eyrie dev` of this checkout)')
    .option('--token <jwt>', 'bearer token (default: EYRIE_TOKEN; with `eyrie dev` one is made)')
    .option('--json', 'JSON on standard output, one value per line');

/** The running `eyrie dev` of this checkout, where this is its API. */
export const devAt = (api: string): DevState | undefined => {
  const dev = readDevState();
  return dev?.api === api ? dev : undefined;
};

/** No token is given, and there is an issuer that gives anybody any. */
export const makesTokens = ({ api, token }: ConnectOptions): boolean => {
  const env = readCliEnvironment();
  const dev = readDevState();
  return !(token ?? env.token) && dev !== undefined && (api ?? env.api ?? dev.api) === dev.api;
};

/** @param as Whose token is made where none is given and `eyrie dev` runs: a user's, or an operator's. */
export const connect = async (options: ConnectOptions, as: { user?: string | undefined }): Promise<ApiClient> => {
  const env = readCliEnvironment();
  const dev = readDevState();
  const api = options.api ?? env.api ?? dev?.api;
  if (!api) throw new CliError(EXIT.usage, 'no API given: pass --api URL, set EYRIE_API, or start `eyrie dev`');
  requireAddress(api);
  if (dev?.ca && api === dev.api) trust(dev.ca);
  const given = (options.token ?? env.token)?.trim();
  if (given) return createApiClient(api, requireToken(given));
  if (!dev || api !== dev.api) throw new CliError(EXIT.usage, 'no token given: pass --token or set EYRIE_TOKEN');
  const made = await requestToken(dev.issuer, as.user === undefined ? { operator: true } : { user: as.user });
  return createApiClient(api, made);
};

/** @throws CliError */
const requireAddress = (api: string): void => {
  if (/^https?:\/\//.test(api) && URL.canParse(api)) return;
  throw new CliError(EXIT.usage, `${api} is no address of an API: it begins with https:// or http://`);
};

/** What is refused is not repeated. @throws CliError where it can't be sent */
const requireToken = (token: string): string => {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliError(
    EXIT.usage,
    'the token holds spaces, or letters that no token has: give it as the issuer wrote it',
  );
};
