import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { EXIT } from '#cli/exit-codes.ts';
import { createProgram } from '#cli/program.ts';
import { FAILURES } from '#domain/core/failures.ts';

const STATE_CODES = Object.entries(FAILURES)
  .filter(([, { status }]) => status === 409 || status === 410)
  .map(([code]) => `\`${code}\``)
  .join(', ');

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'done',
  internal: 'something that should not happen',
  usage: 'the command line or the configuration is not usable',
  refused: 'the API refused the request: not allowed, or not valid',
  notFound: 'there is no such workspace, or the token may not see it',
  conflict: `the state of the workspace does not allow it; the problem has the code: ${STATE_CODES}`,
  failed: 'the operation that was waited for has failed',
  unavailable: 'the API, or a service behind it, does not answer',
  findings: '`sweep`: something is left over; `doctor`: something is to be mended',
  late: 'it is still under way after `--timeout`, and goes on',
  interrupted: 'interrupted while it followed something, which goes on',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Of a command with others below it, those. */
const sectionOf = (command: Command, above: readonly string[] = []): string[] => {
  const path = [...above, command.name()];
  if (command.commands.length > 0) return command.commands.flatMap((one) => sectionOf(one, path));
  const names = command.registeredArguments.map((argument) =>
    argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
  );
  const rows = command.options.map(({ flags, description, defaultValue }) => {
    const shown =
      defaultValue === undefined || typeof defaultValue === 'boolean' || Array.isArray(defaultValue)
        ? ''
        : `; default \`${defaultValue}\``;
    return `| \`${cell(flags)}\` | ${cell(description)}${shown} |`;
  });
  return [
    `## eyrie ${[...path, ...names].join(' ')}`,
    '',
    `${command.description().replace(/^./, (first) => first.toUpperCase())}.`,
    '',
    ...(rows.length === 0 ? [] : ['| option | |', '| --- | --- |', ...rows, '']),
  ];
};

const program = createProgram();
const shownCommands = program
  .createHelp()
  .visibleCommands(program)
  .filter((command) => command.name() !== 'help');

test('docs/reference/cli.md lists every command and option (run vitest with -u to write it anew)', async () => {
  const page = [
    '# Command line',
    '',
    '`eyrie` is run from a checkout: `npm run --silent eyrie -- COMMAND`, or `bin/eyrie COMMAND` (one process, for services).',
    '',
    'Results go to standard output, notes and progress to standard error. With `--json`, standard output holds JSON only, one value per',
    'line: `launch`, `watch`, `terminate` and `rotate` print the workspace at each change (the last line is how it ended; with `--no-wait` there',
    'is one line), `status` prints the workspace, `list` and `tasks list` a page, `schedules` the schedules or the one, `sweep` the report, `token` `{"token"}`; the commands of `compute` likewise; a refusal of the API is printed as its problem.',
    'On a terminal, progress is one live line per step: how long it takes, what it waits for, what went wrong last; what is stuck is yellow, with the',
    'commands that get it to move, and what failed is red (`NO_COLOR` is heeded). Elsewhere there is a line per change. Ctrl-C and `--timeout` end the looking, not the work.',
    '',
    'While `eyrie dev` of the same checkout runs, the commands find its API by themselves, and make a token: for the user that',
    '`--user` names, else an operator’s. Of several the one that was started first counts: a later one says so, and has a file of its own, which commands are told of by `EYRIE_DEV_STATE`. It can be set for `eyrie dev`, too.',
    '',
    '## What things are called',
    '',
    'Where a command is about one thing, it takes any of these, and says so where there is none of it:',
    '',
    '| form | such as |',
    '| --- | --- |',
    '| its id | `localhost.alice-40example-2eorg` |',
    '| the user whose it is | `alice@example.org`, `alice-40example-2eorg`; of storage and keys the user’s id, `42` |',
    '| of a compute environment its name, its alias, its forge id, or a name in AWS that holds it | `genomes`, `a1b2c3d4e5f6g7h8i9j0`, `TowerForge-a1b2c3d4e5f6g7h8i9j0-work` |',
    '| the id of its workflow | `workspace/localhost/alice-40example-2eorg` |',
    '| an address: at the API, or of its workflow in the Temporal UI | `https://eyrie.example.org/v1/workspaces/localhost.alice-40example-2eorg` |',
    '',
    '## Exit codes',
    '',
    '| code | meaning |',
    '| --- | --- |',
    ...Object.entries(EXIT).map(([name, code]) => `| ${code} | ${MEANINGS[name as keyof typeof EXIT]} |`),
    '',
    ...shownCommands.flatMap((command) => sectionOf(command)),
    'The line of `eyrie dev --json` has `api`, `s3`, `s3Root` (null unless asked for), `aws`, `temporal`, `temporalUi`, `issuer`,',
    '`account`, `region`, `controlBucket`, `config`',
    '(a YAML file, readable by its owner only, with which `eyrie worker --config` and `eyrie api --config` join: where the API’s',
    'port is taken they take another, and say which), `pid`, `apiPid` and',
    '`workerPid`; with `--tls` also `ca`, a PEM file. Temporal and its UI stay without TLS. Worker and API run under the roles that',
    '[iam](iam/README.md) publishes. A worker or API that dies is started again after one second, and the line is printed again with',
    'the new pid.',
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../docs/reference/cli.md');
});
