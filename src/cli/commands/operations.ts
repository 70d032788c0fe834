import type { Command } from 'commander';
import { loadConfigWithoutKeys, readCliEnvironment } from '#config/load.ts';
import { listUrl, queryOf, SAVED_QUERIES } from '#domain/core/saved-queries.ts';
import { readDevState } from '../dev/state.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly config?: string;
  readonly ui?: string;
  readonly namespace?: string;
  readonly environment?: string;
  readonly json?: boolean;
}

const CLOUD = { address: /\.(tmprl\.cloud|temporal\.io)(:\d+)?$/, ui: 'https://cloud.temporal.io' } as const;

const HOW_TO_GIVE_ONE =
  'where the Temporal UI is stands in no configuration: pass --ui URL, as your browser has it (with a cluster of your own ' +
  'the address of its `temporal-ui`), or start `eyrie dev`';

/** Where operations are looked at: as the options say, else as worker and API are configured, else of `eyrie dev`. */
const placeOf = async ({
  config,
  ui,
  namespace,
}: Options): Promise<{ readonly ui: string; readonly namespace: string }> => {
  const file = config ?? readCliEnvironment().config;
  const dev = file === undefined ? readDevState() : undefined;
  if (dev && ui === undefined) return { ui: dev.temporalUi, namespace: namespace ?? 'default' };
  const { resolveTemporal } = await import('#temporal/client.ts');
  const temporal = resolveTemporal(file === undefined ? {} : loadConfigWithoutKeys(file).temporal);
  const isCloud = CLOUD.address.test(temporal.connectionOptions.address ?? '');
  const found = ui ?? (isCloud ? CLOUD.ui : undefined);
  if (found === undefined) throw new CliError(EXIT.usage, HOW_TO_GIVE_ONE);
  if (!URL.canParse(found)) throw new CliError(EXIT.usage, `--ui ${found} is no URL`);
  return { ui: found, namespace: namespace ?? temporal.namespace };
};

export const registerOperations = (program: Command): void => {
  program
    .command('operations')
    .description('for operators: where to look')
    .command('urls')
    .description('links into the Temporal UI: what is in progress, stuck, unwinding, failed')
    .option('--config <file>', 'YAML file that names the namespace (default: EYRIE_CONFIG)')
    .option(
      '--ui <url>',
      'the Temporal UI (default: that of the running `eyrie dev`, or of Temporal Cloud where it is used)',
    )
    .option(
      '--namespace <name>',
      'the namespace (default: as the configuration or TEMPORAL_NAMESPACE says, else `default`)',
    )
    .option('--environment <name>', 'only of this one, where several share the namespace (default: all)')
    .option('--json', 'JSON on standard output')
    .action(async (options: Options) => {
      const place = await placeOf(options);
      const urls = SAVED_QUERIES.map((saved) => {
        const query = queryOf(saved, options.environment);
        return { name: saved.name, finds: saved.finds, query, url: listUrl(place, query) };
      });
      if (options.json) printJson({ urls });
      else print(urls.map(({ name, finds, url }) => `${name}: ${finds}\n  ${url}`).join('\n'));
    });
};
