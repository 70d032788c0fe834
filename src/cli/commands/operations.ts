import type { Command } from 'commander';
import { listUrl, queryOf, SAVED_QUERIES } from '#domain/core/saved-queries.ts';
import { readDevState } from '../dev/state.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { print, printJson } from '../output.ts';

interface Options {
  readonly ui?: string;
  readonly namespace: string;
  readonly environment?: string;
  readonly json?: boolean;
}

export const registerOperations = (program: Command): void => {
  program
    .command('operations')
    .description('for operators: where to look')
    .command('urls')
    .description('links into the Temporal UI: what is in progress, stuck, unwinding, failed')
    .option('--ui <url>', 'the Temporal UI (default: that of the running `eyrie dev`)')
    .option('--namespace <name>', 'the namespace', 'default')
    .option('--environment <name>', 'only of this one, where several share the namespace (default: all)')
    .option('--json', 'JSON on standard output')
    .action((options: Options) => {
      const ui = options.ui ?? readDevState()?.temporalUi;
      if (!ui) throw new CliError(EXIT.usage, 'no Temporal UI given: pass --ui URL, or start `eyrie dev`');
      if (!URL.canParse(ui)) throw new CliError(EXIT.usage, `--ui ${ui} is no URL`);
      const urls = SAVED_QUERIES.map((saved) => {
        const query = queryOf(saved, options.environment);
        return {
          name: saved.name,
          finds: saved.finds,
          query,
          url: listUrl({ ui, namespace: options.namespace }, query),
        };
      });
      if (options.json) printJson({ urls });
      else print(urls.map(({ name, finds, url }) => `${name}: ${finds}\n  ${url}`).join('\n'));
    });
};
