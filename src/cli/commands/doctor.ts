import type { Command } from 'commander';
import { ConfigError } from '#config/config-error.ts';
import type { Area, Finding, Verdict } from '#doctor/finding.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { withGivenFiles } from '../given-files.ts';
import { note, print, printJson } from '../output.ts';
import { typedIn } from '../typed.ts';

interface Options {
  readonly config?: string;
  readonly hatcheryConfig?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Accounts besides those that are known. */
  readonly takeOver?: true | readonly string[];
  /** Their accounts. */
  readonly payModel?: readonly string[];
}

export const registerDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description('is this configuration, Temporal, AWS account and API fit? Changes nothing without --take-over')
    .option('--config <file>', 'YAML file (default: EYRIE_CONFIG, else the one of the running `eyrie dev`)')
    .option(
      '--hatchery-config <file>',
      "Hatchery's own configuration (default: EYRIE_HATCHERY_CONFIG, or as the YAML file says)",
    )
    .option(
      '--take-over [account...]',
      'give the name of the environment to this installation where another one has it: in its own account, in those of records and configuration, and in these, entered by the role of pay models',
    )
    .option(
      '--pay-model <account...>',
      'look also at the role of pay models in these accounts: can a worker enter it, and has it every right',
    )
    .option('--verbose', 'show also what is as it should be')
    .option('--json', 'JSON on standard output: `{findings}`')
    .action(async (options: Options) => {
      if (!options.json) note('looking at Temporal, AWS and the API');
      const findings = await examineInstallation(options);
      if (options.json) printJson({ findings });
      else print(renderFindings(findings, options.verbose === true));
      const problems = findings.filter(({ verdict }) => verdict === 'problem').length;
      if (problems > 0) throw new CliError(EXIT.findings, `${problems} to be mended`);
    });
};

const examineInstallation = async ({
  config: file,
  hatcheryConfig,
  takeOver,
  payModel,
}: Options): Promise<readonly Finding[]> => {
  // Temporal and AWS are loaded by this command alone.
  const [{ loadConfig, readCliEnvironment }, { renderUnused }, { trust }, { readDevState }, { sayingOf }] =
    await Promise.all([
      import('#config/load.ts'),
      import('#config/hatchery-file.ts'),
      import('#config/trust.ts'),
      import('../dev/state.ts'),
      import('#doctor/finding.ts'),
    ]);
  const { ok, problem } = sayingOf('configuration');
  try {
    const dev = file === undefined && readCliEnvironment().config === undefined ? readDevState() : undefined;
    const given = file ?? dev?.config;
    const config = loadConfig(given, undefined, hatcheryConfig);
    if (config.caFile !== undefined) trust(config.caFile);
    const { examine } = await import('#doctor/run.ts');
    const unused = renderUnused(config);
    const findings = await examine(config, {
      takeOver: takeOver && { accountIds: takeOver === true ? [] : takeOver },
      payModels: payModel,
    });
    return [
      ok('options', 'every option is known and valid'),
      ...(unused === undefined ? [] : [ok('hatcheryConfig', unused)]),
      ...findings.map((finding) => ({
        ...finding,
        todo: finding.todo && withGivenFiles(finding.todo, { config: given, hatcheryConfig }),
      })),
    ];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((one) => problem('options', one, 'docs/reference/configuration.md lists every option'));
  }
};

const MARKS: Readonly<Record<Verdict, string>> = { ok: 'ok', warning: 'WARN', problem: 'FAIL', unknown: '?' };

const renderFindings = (findings: readonly Finding[], verbose: boolean): string => {
  const areas = Map.groupBy(findings, ({ area }) => area);
  const lines = [...areas].flatMap(([area, all]) => renderArea(area, all, verbose));
  const count = (verdict: Verdict) => findings.filter((one) => one.verdict === verdict).length;
  return [
    ...lines,
    '',
    `${count('ok')} ok, ${count('warning')} to look at, ${count('problem')} to be mended, ${count('unknown')} not known`,
  ].join('\n');
};

const renderArea = (area: Area, findings: readonly Finding[], verbose: boolean): string[] => {
  const told = findings.filter(({ verdict }) => verbose || verdict !== 'ok');
  if (told.length === 0) return [`${MARKS.ok.padEnd(5)}${area}`];
  return told.flatMap(({ check, verdict, detail, todo }) => [
    `${MARKS[verdict].padEnd(5)}${area}: ${check}: ${detail}`,
    ...(todo === null
      ? []
      : typedIn(todo)
          .split('\n')
          .map((line, at) => `${at === 0 ? '     -> ' : '        '}${line}`)),
  ]);
};
