import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { AwsCall } from '#aws/clients.ts';
import type { BootstrapPlan, Part } from '#bootstrap/plan.ts';
import { ConfigError } from '#config/config-error.ts';
import type { Config } from '#config/schema.ts';
import { codeOf } from '#domain/core/failures.ts';
import type { PolicyDocument } from '#domain/resources/policy-document.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { note, print, printJson } from '../output.ts';
import { renderApplied, renderBootstrapPlan } from '../render-bootstrap.ts';

interface Options {
  readonly config?: string;
  readonly hatcheryConfig?: string;
  readonly print?: boolean;
  readonly apply?: boolean;
  readonly json?: boolean;
  readonly payModel?: boolean;
  readonly computeAccount?: boolean;
  readonly imageReader?: boolean;
  readonly account?: string;
  readonly trust?: readonly string[];
  readonly workerTrust?: string;
  readonly apiTrust?: string;
  readonly workerRole?: string;
  readonly apiRole?: string;
  readonly permissionsBoundary?: string;
  readonly sealingKey?: string;
}

export const registerBootstrap = (program: Command): void => {
  program
    .command('bootstrap')
    .description(
      'the roles, policies and control bucket that the configuration needs, in the account whose credentials are in use; with the same effect each time',
    )
    .option('--config <file>', 'YAML file (default: EYRIE_CONFIG). It may still lack sealing keys')
    .option(
      '--hatchery-config <file>',
      "Hatchery's own configuration: its image pipelines and their reader's role (default: EYRIE_HATCHERY_CONFIG)",
    )
    .addOption(new Option('--print', 'show every document, filled in; make nothing').conflicts('apply'))
    .option('--apply', 'make what is missing, put right what differs')
    .addOption(
      new Option('--pay-model', "only the role of a pay model's account").conflicts(['computeAccount', 'imageReader']),
    )
    .addOption(
      new Option('--compute-account', 'only the role of an account of `compute.accounts`').conflicts('imageReader'),
    )
    .option('--image-reader', "only the role that lists an image pipeline's images")
    .option(
      '--trust <principal...>',
      'who may enter the roles of worker and API: ARNs, or services such as `ecs-tasks.amazonaws.com`. Without it, what is there stays',
    )
    .option('--worker-trust <file>', 'the trust policy of the worker’s role, as JSON, instead')
    .option('--api-trust <file>', 'the trust policy of the API’s role, as JSON, instead')
    .option('--worker-role <name>', 'name or ARN; default: `aws.assumeRole`, else `eyrie-worker-<environment>`')
    .option('--api-role <name>', 'name or ARN; default: `api.assumeRole`, else `eyrie-api-<environment>`')
    .option('--permissions-boundary <arn>', 'policy that bounds the roles')
    .option('--account <id>', 'with `--print`: the account, where no credentials are at hand')
    .option(
      '--sealing-key <file>',
      'also write a new sealing key into this file, which only you may read; one that is there stays',
    )
    .option('--json', 'JSON on standard output: the plan, or a line for each thing')
    .action(async (options: Options) => {
      if (!options.print && !options.apply) throw new CliError(EXIT.usage, 'say --print or --apply');
      try {
        await run(options);
      } catch (error) {
        const exitCode = EXITS[codeOf(error)];
        throw exitCode === undefined ? error : new CliError(exitCode, (error as Error).message);
      }
    });
};

const EXITS: Partial<Record<ReturnType<typeof codeOf>, ExitCode>> = {
  Invalid: EXIT.usage,
  NameTooLong: EXIT.usage,
  Conflict: EXIT.conflict,
  Denied: EXIT.refused,
  QuotaExceeded: EXIT.refused,
  Throttled: EXIT.unavailable,
  Unavailable: EXIT.unavailable,
  NotYet: EXIT.unavailable,
};

/** AWS's clients are loaded by this command alone. */
const load = async () => {
  const [
    { loadConfigWithoutKeys },
    { planBootstrap },
    { applyBootstrap },
    { writeSealingKey },
    { createAws },
    { homeAccount },
    { GetCallerIdentityCommand },
    { DEFAULT_TIMING },
  ] = await Promise.all([
    import('#config/load.ts'),
    import('#bootstrap/plan.ts'),
    import('#bootstrap/apply.ts'),
    import('#bootstrap/sealing-key.ts'),
    import('#aws/clients.ts'),
    import('#aws/own.ts'),
    import('@aws-sdk/client-sts'),
    import('#domain/core/timing.ts'),
  ]);
  return {
    ...{ loadConfigWithoutKeys, planBootstrap, applyBootstrap, writeSealingKey },
    ...{ createAws, homeAccount, GetCallerIdentityCommand, DEFAULT_TIMING },
  };
};

const run = async (options: Options): Promise<void> => {
  const { loadConfigWithoutKeys, planBootstrap, ...modules } = await load();
  let config: Config;
  try {
    config = loadConfigWithoutKeys(options.config, undefined, options.hatcheryConfig);
  } catch (error) {
    throw error instanceof ConfigError ? new CliError(EXIT.usage, error.message) : error;
  }
  const { endpoint, region } = config.aws;
  // Whoever sets an account up is not who works in it: as with AWS's own tools, the credentials are those of the shell.
  const access = endpoint === undefined ? {} : { endpoint };
  const part = partOf(options);
  const accountId = await accountOf(options, config, async () => {
    const sts = modules.createAws(access).sts(modules.homeAccount({ region }));
    return (await sts.send(new modules.GetCallerIdentityCommand({}))).Account ?? '';
  });
  const plan = planBootstrap(config, {
    ...{ part, accountId, workerRole: options.workerRole, apiRole: options.apiRole, trusted: options.trust ?? [] },
    workerTrust: readTrust(options.workerTrust),
    apiTrust: readTrust(options.apiTrust),
    permissionsBoundary: options.permissionsBoundary,
  });
  if (options.apply) await apply(plan, options, access, modules);
  else if (options.json) printJson(plan);
  else print(renderBootstrapPlan(plan));
  const { sealingKey } = options;
  if (sealingKey !== undefined) {
    const isNew = modules.writeSealingKey(sealingKey);
    note(isNew ? `a new sealing key is in ${sealingKey}` : `${sealingKey} is there already, and was left as it is`);
  }
};

const partOf = ({ payModel, computeAccount, imageReader }: Options): Part => {
  if (payModel) return 'pay-model';
  if (computeAccount) return 'compute-account';
  return imageReader ? 'image-reader' : 'home';
};

const accountOf = async (options: Options, { aws }: Config, ask: () => Promise<string>): Promise<string> => {
  if (options.account !== undefined) {
    if (options.apply)
      throw new CliError(EXIT.usage, '--account is for --print: credentials say in whose account it is made');
    return options.account;
  }
  const isHome = partOf(options) === 'home';
  if (options.print && isHome && aws.accountId !== undefined) return aws.accountId;
  const found = await ask();
  if (isHome && aws.accountId !== undefined && found !== aws.accountId) {
    throw new CliError(
      EXIT.usage,
      `these credentials are of account ${found}, and aws.accountId says ${aws.accountId}`,
    );
  }
  return found;
};

const readTrust = (file: string | undefined): PolicyDocument | undefined => {
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PolicyDocument;
  } catch (error) {
    throw new CliError(EXIT.usage, `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const PATIENCE_MS = 120_000;

type Modules = Pick<Awaited<ReturnType<typeof load>>, 'applyBootstrap' | 'createAws' | 'DEFAULT_TIMING'>;

const apply = async (
  plan: BootstrapPlan,
  { json }: Options,
  access: { readonly endpoint?: string },
  { applyBootstrap, createAws, DEFAULT_TIMING: timing }: Modules,
): Promise<void> => {
  const deps = {
    createAws: (onCall: (call: AwsCall) => void) => createAws({ ...access, onCall }),
    ...{ timing, patienceMs: PATIENCE_MS },
  };
  for await (const one of applyBootstrap(plan, deps)) {
    if (json) printJson(one);
    else print(renderApplied(one));
  }
};
