import { type Command, InvalidArgumentError } from 'commander';
import { readCliEnvironment } from '#config/load.ts';
import { trust } from '#config/trust.ts';
import { readDevState } from '../dev/state.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';
import { requestToken } from '../token.ts';

interface Options {
  readonly user?: string;
  readonly sub?: string;
  readonly client?: string;
  readonly operator?: boolean;
  readonly ttl?: number;
  readonly issuer?: string;
  readonly json?: boolean;
}

const parseSeconds = (text: string): number => {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError('a whole number of seconds');
  return Number(text);
};

export const registerToken = (program: Command): void => {
  program
    .command('token')
    .description("print a token of the sandbox's issuer, and nothing else")
    .option('--user <name>', 'a token for a user: the name goes into context.user.name and sub')
    .option('--sub <id>', 'subject, where it is not the name')
    .option('--client <id>', 'a token for a client: its id goes into azp, without sub')
    .option('--operator', 'a token for an operator')
    .option('--ttl <seconds>', 'how long it is valid (negative: it has expired)', parseSeconds)
    .option('--issuer <url>', 'the issuer (default: EYRIE_ISSUER, else the running `eyrie dev` of this checkout)')
    .option('--json', 'print {"token": …}')
    .action(async (options: Options) => {
      const dev = readDevState();
      const issuer = options.issuer ?? readCliEnvironment().issuer ?? dev?.issuer;
      if (!issuer)
        throw new CliError(EXIT.usage, 'no issuer given: pass --issuer URL, set EYRIE_ISSUER, or start `eyrie dev`');
      if (!options.user && !options.client && !options.operator && !options.sub) {
        throw new CliError(EXIT.usage, 'no identity given: pass --user, --client or --operator');
      }
      if (dev?.ca && issuer === dev.issuer) trust(dev.ca);
      const token = await requestToken(issuer, { ...options, ttlSeconds: options.ttl });
      if (options.json) printJson({ token });
      else print(token);
    });
};
