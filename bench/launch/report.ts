/** The result of a bench as Markdown. */
import { type Chain, type Graph, longestChain } from './graph.ts';
import { countEvents } from './history.ts';
import { callsOf, repeatedReads, type StepTimes, timesOf } from './measure.ts';
import type { Run } from './world.ts';

export interface Round {
  readonly launch: Run;
  readonly stepByStep: Run;
  readonly relaunch: Run;
}

export interface Measured {
  readonly run: Run;
  readonly times: ReadonlyMap<string, StepTimes>;
  readonly chain: Chain;
}

export const measure = (run: Run, graph: Graph): Measured => {
  const times = timesOf(run.recorder, callsOf(run));
  return { run, times, chain: longestChain(graph, (step) => times.get(step)?.ownMs ?? 0) };
};

/** At most this much longer than the longest dependency chain may a first launch take. */
export const RATIO_MAX = 1.25;
export const EVENTS_MAX = 300;

const seconds = (ms: number): string => (ms / 1_000).toFixed(2);

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor((values.length - 1) / 2)] ?? 0;

export const ratioOf = ({ run, chain }: Measured): number => run.wallMs / chain.ms;

const summary = (rounds: readonly Round[], launches: readonly Measured[]): string =>
  table(
    ['', ...rounds.map((_, index) => `round ${index + 1}`), 'median'],
    [
      row(
        'launch, s',
        launches.map(({ run }) => run.wallMs),
        seconds,
      ),
      row(
        'longest dependency chain, s',
        launches.map(({ chain }) => chain.ms),
        seconds,
      ),
      row('**launch / chain**', launches.map(ratioOf), (ratio) => ratio.toFixed(3)),
      row(
        'step by step, s',
        rounds.map(({ stepByStep }) => stepByStep.wallMs),
        seconds,
      ),
      row(
        '**step by step / launch**',
        rounds.map(({ launch, stepByStep }) => stepByStep.wallMs / launch.wallMs),
        (ratio) => ratio.toFixed(2),
      ),
      row(
        'relaunch of the running workspace, s',
        rounds.map(({ relaunch }) => relaunch.wallMs),
        seconds,
      ),
      row(
        'events in the history',
        rounds.map(({ launch }) => launch.events.length),
        String,
      ),
    ],
  );

const row = (name: string, values: readonly number[], show: (value: number) => string): string[] => [
  name,
  ...values.map(show),
  show(median(values)),
];

const perStep = ({ run, times, chain }: Measured, graph: Graph): string => {
  const events = countEvents(run.events);
  const start = Math.min(...[...times.values()].map(({ from }) => from));
  const rows = [...graph.keys()].map((step) => {
    const own = times.get(step);
    const name = chain.steps.includes(step) ? `**${step}**` : step;
    const count = events.byStep.get(step) ?? 0;
    if (!own) return [name, '', '', '', 0, 0, 0, count];
    const { from, ownMs, lookedLateMs, reads, looks, writes } = own;
    return [name, seconds(from - start), seconds(ownMs), seconds(lookedLateMs), reads, looks, writes, count];
  });
  const all = [...times.values()];
  const total = (pick: (of: StepTimes) => number): number => all.reduce((count, of) => count + pick(of), 0);
  const rest = [
    ['workflow tasks', '', '', '', '', '', '', events.workflowTasks],
    ['search attributes', '', '', '', '', '', '', events.searchAttributes],
    ['start and end', '', '', '', '', '', '', events.others],
    [
      'all',
      '',
      '',
      '',
      total(({ reads }) => reads),
      total(({ looks }) => looks),
      total(({ writes }) => writes),
      events.total,
    ],
  ];
  const head = ['step', 'begins at, s', 'own, s', 'looked late, s', 'reads', 'looks', 'writes', 'events'];
  return table(head, [...rows, ...rest]);
};

const chainLine = ({ chain, run }: Measured): string =>
  `${chain.steps.join(' → ')}: ${seconds(chain.ms)} s; the launch took ${seconds(run.wallMs)} s.`;

export const renderReport = (rounds: readonly Round[], graph: Graph, scale: number): string => {
  const launches = rounds.map(({ launch }) => measure(launch, graph));
  const byRatio = launches.toSorted((one, other) => ratioOf(one) - ratioOf(other));
  const typical = byRatio[Math.floor((byRatio.length - 1) / 2)] as Measured;
  const { relaunch } = rounds[launches.indexOf(typical)] as Round;
  const again = measure(relaunch, graph);
  const repeated = repeatedReads(typical.run.recorder, callsOf(typical.run));
  return [
    `Delays of AWS times ${scale}; ${rounds.length} rounds.`,
    summary(rounds, launches),
    `The launch of the median ratio, step by step (bold: the longest chain). ${chainLine(typical)}`,
    perStep(typical, graph),
    'The relaunch that followed it:',
    perStep(again, graph),
    'Reads that were made more than once in that first launch, waits aside:',
    table(
      ['read', 'times', 'steps'],
      repeated.map(({ what, times, steps }) => [what, times, steps.join(', ')]),
    ),
  ].join('\n\n');
};
