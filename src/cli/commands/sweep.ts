import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import type { SweepRunView, SweepView } from '#api/sweeps.ts';
import type { Finding } from '#domain/sweep/finding.ts';
import type { SweepReport } from '#domain/sweep/sweep.ts';
import type { ApiClient } from '../api-client.ts';
import { connect, withApi } from '../connect.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { type WaitOptions, whileFollowing, withTimeout } from '../finish.ts';
import { note, print, printJson, renderTable } from '../output.ts';
import { typed, typedIn } from '../typed.ts';

interface Options extends WaitOptions {
  readonly account?: string;
  readonly apply: boolean;
  readonly olderThan: number;
  readonly latest: boolean;
}

const LOOK_EVERY_MS = 1_000;
const HOURS: Readonly<Record<string, number>> = { h: 1, d: 24 };

/** `24h`, `7d`: in hours. */
const parseAge = (text: string): number => {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([hd])$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('hours or days, such as 24h or 7d');
  return Number(number) * (HOURS[unit ?? ''] ?? 1);
};

export const registerSweep = (program: Command): void => {
  withTimeout(withApi(program.command('sweep')))
    .description('look for what is left over in AWS and in records; nothing is taken without --apply (for operators)')
    .option('--account <id>', "only this account (default: Eyrie's own and all that records name)")
    .option('--apply', 'take away what is ours, proved to be so, and left over for long enough', false)
    .option('--older-than <age>', 'left over for less long, nothing is taken, such as 24h or 7d', parseAge, 24)
    .option('--latest', 'show the latest report, and look for nothing', false)
    .action(async (options: Options) => {
      const api = await connect(options, {});
      const report = options.latest ? await reportNow(api) : await sweep(api, options);
      if (!report) throw new CliError(EXIT.notFound, 'there was no sweep yet');
      if (options.json) printJson(report);
      else show(report);
      const left = report.findings.filter(({ outcome }) => outcome !== 'removed').length + report.more;
      if (left > 0) throw new CliError(EXIT.findings, `${left} findings`);
    });
};

const latest = (api: ApiClient): Promise<SweepView> => api.call<SweepView>('GET', '/v1/sweeps/latest');

/** Of the latest one that has ended. */
const reportNow = async (api: ApiClient): Promise<SweepReport | null> => {
  const { run, report } = await latest(api);
  if (run?.running) note(`a sweep is under way since ${run.startedAt}: its report is not there yet`);
  return report;
};

const sweep = async (api: ApiClient, options: Options): Promise<SweepReport | null> => {
  const { account, apply, olderThan } = options;
  const body = { apply, olderThanHours: olderThan, ...(account !== undefined && { account }) };
  let now = await api.call<SweepView>('POST', '/v1/sweeps', body);
  const runId = now.run?.runId;
  const tellOnce = teller();
  note(apply ? 'taking away what is left over' : 'looking for what is left over');
  await whileFollowing(
    `\`${typed('eyrie sweep --latest')}\` shows its report once it has ended`,
    options,
    async (signal) => {
      while (now.run?.running && now.run.runId === runId) {
        await pause(LOOK_EVERY_MS, undefined, { signal });
        now = await latest(api);
        tellOnce(now.run?.stuck ?? null);
      }
    },
  );
  if (now.run?.runId === runId && now.run?.failed) throw new CliError(EXIT.failed, now.run.failed);
  return now.report;
};

/** @returns what to call with why it does not go on, at each look */
const teller = () => {
  let isTold = false;
  return (stuck: SweepRunView['stuck']): void => {
    if (stuck && !isTold) note(typedIn(`${stuck.reason}: ${stuck.hint}`));
    isTold = stuck !== null;
  };
};

const show = ({ at, places, looked, findings, more }: SweepReport): void => {
  print(`swept ${places.length} places at ${at}: looked at ${looked} things`);
  section(
    'to be removed with --apply',
    findings.filter(({ action, outcome }) => action === 'remove' && !outcome),
  );
  section(
    'removed, or tried',
    findings.filter(({ outcome }) => outcome !== null),
  );
  section(
    'to be looked at by somebody',
    findings.filter(({ action, outcome }) => action === 'report' && !outcome),
  );
  if (more > 0) print(`and ${more} more`);
  if (findings.length === 0) print('nothing is left over');
};

const section = (title: string, findings: readonly Finding[]): void => {
  if (findings.length === 0) return;
  print(`\n${title}:`);
  print(renderTable([['KIND', 'TYPE', 'ID', 'WHERE', 'OWNER', 'SINCE', 'WHY'], ...findings.map(rowOf)]));
};

const rowOf = ({ kind, type, id, account, region, owner, since, why, command, outcome }: Finding): string[] => [
  kind,
  type,
  id,
  `${account}/${region}`,
  owner ?? '-',
  since,
  outcome ?? (command === '' ? why : `${why}; ${command}`),
];
