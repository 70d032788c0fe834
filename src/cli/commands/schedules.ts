import type { Command } from 'commander';
import type { ScheduleView } from '#domain/core/schedule.ts';
import { type ConnectOptions, connect, withApi } from '../connect.ts';
import { CliError, EXIT, isNotFound } from '../exit-codes.ts';
import { print, printJson, renderTable } from '../output.ts';

interface Options extends ConnectOptions {
  readonly reason?: string;
}

export const registerSchedules = (program: Command): void => {
  const schedules = program.command('schedules').description('what is done again and again by itself (for operators)');

  withApi(schedules.command('list', { isDefault: true }))
    .description('when each schedule runs next, and how its last run ended')
    .action(async (options: ConnectOptions) => {
      const items = await listed(options);
      if (options.json) printJson({ items });
      else print(renderTable([['SCHEDULE', 'STATE', 'NEXT RUN', 'LAST RUN', 'RESULT'], ...items.map(rowOf)]));
    });

  withApi(schedules.command('show'))
    .description('show a schedule with its last runs')
    .argument('<id>', 'the schedule')
    .action(async (id: string, options: ConnectOptions) => {
      const items = await listed(options);
      const found = items.find((one) => one.id === id);
      if (!found) throw new CliError(EXIT.notFound, unknownSchedule(id, items));
      if (options.json) printJson(found);
      else print(render(found));
    });

  withApi(schedules.command('run'))
    .description('begin a run now')
    .argument('<id>', 'the schedule')
    .action((id: string, options: Options) => steer('run', id, options));

  withApi(schedules.command('pause'))
    .description('no runs until it is resumed, whatever workers start')
    .argument('<id>', 'the schedule')
    .option('--reason <text>', 'for whoever looks next')
    .action((id: string, options: Options) => steer('pause', id, options));

  withApi(schedules.command('resume'))
    .description('resume a schedule that was paused, by hand or because its runs failed')
    .argument('<id>', 'the schedule')
    .option('--reason <text>', 'for whoever looks next')
    .action((id: string, options: Options) => steer('resume', id, options));
};

const listed = async (options: ConnectOptions): Promise<readonly ScheduleView[]> => {
  const api = await connect(options, {});
  return (await api.call<{ items: readonly ScheduleView[] }>('GET', '/v1/schedules')).items;
};

const unknownSchedule = (id: string, items: readonly ScheduleView[]): string =>
  `there is no schedule ${id}; there are ${items.map((one) => one.id).join(', ')}`;

const render = ({ id, summary, paused, note, running, missed, skipped, nextRuns, lastRuns }: ScheduleView): string =>
  renderTable([
    ['schedule', id],
    ['does', summary],
    ['state', stateOf({ paused, note, running })],
    ['missed', `${missed}, and ${skipped} skipped since another one was still running`],
    ...nextRuns.map((at) => ['next run', at]),
    ...lastRuns.map((run) => ['run', `${run.scheduledAt} ${resultOf(run)} (${run.workflowId})`]),
  ]);

const stateOf = ({ paused, note, running }: Pick<ScheduleView, 'paused' | 'note' | 'running'>): string =>
  paused ? `paused (${note})` : running ? 'running' : 'waiting';

const resultOf = ({ status, result }: ScheduleView['lastRuns'][number]): string =>
  `${status ?? 'forgotten'}${result === null ? '' : ` ${JSON.stringify(result)}`}`;

const steer = async (what: 'run' | 'pause' | 'resume', id: string, options: Options): Promise<void> => {
  const api = await connect(options, {});
  const body = what === 'run' ? undefined : { ...(options.reason !== undefined && { reason: options.reason }) };
  const path = `/v1/schedules/${encodeURIComponent(id)}/${what}`;
  const schedule = await api.call<ScheduleView>('POST', path, body).catch(async (error: unknown) => {
    if (!isNotFound(error)) throw error;
    throw new CliError(EXIT.notFound, unknownSchedule(id, await listed(options)), error.problem);
  });
  if (options.json) printJson(schedule);
  else print(renderTable([rowOf(schedule)]));
};

const rowOf = ({ id, paused, note, running, nextRuns, lastRuns: [last] }: ScheduleView): string[] => [
  id,
  stateOf({ paused, note, running }),
  nextRuns[0] ?? '-',
  last?.scheduledAt ?? '-',
  last ? resultOf(last) : '-',
];
