/** Rounds of several peers side by side, and the tables they make. */
import { type Measured, median } from './measure.ts';
import type { Scenario } from './scenarios.ts';

/** By peer, one entry a round; in each round the peers took turns. */
export type Rounds = Record<string, Measured[]>;

export const note = (rounds: Rounds, peer: string, measured: Measured): void => {
  rounds[peer] = [...(rounds[peer] ?? []), measured];
};

/** Medians, and the CPU divided by nginx's of the same round: median and extremes. */
export interface Compared extends Measured {
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

export const compare = (rounds: Rounds): Record<string, Compared> =>
  Object.fromEntries(
    Object.entries(rounds).map(([name, list]) => {
      const of = (key: keyof Measured): number => median(list.map((one) => one[key]));
      const ratios = list.map((one, i) => one.cpuPerRequestUs / (rounds.nginx?.[i]?.cpuPerRequestUs ?? Number.NaN));
      const compared: Compared = {
        cpuPerRequestUs: of('cpuPerRequestUs'),
        cpuPerGiB: of('cpuPerGiB'),
        perSecond: of('perSecond'),
        p50Ms: of('p50Ms'),
        p99Ms: of('p99Ms'),
        rssMiB: Math.max(...list.map((one) => one.rssMiB)),
        ratio: median(ratios),
        ratioMin: Math.min(...ratios),
        ratioMax: Math.max(...ratios),
      };
      return [name, compared];
    }),
  );

export const say = (text: string): void => void process.stdout.write(`${text}\n`);

export const print = (title: string, { connections, requests }: Scenario, byPeer: Record<string, Compared>): void => {
  say(`\n${title}: ${connections} connections, ${requests} requests a round`);
  say('| peer | CPU to nginx | (lowest, highest) | µs/request | s/GiB | requests/s | p50 ms | p99 ms | MiB |');
  say('|---|---|---|---|---|---|---|---|---|');
  for (const [peer, m] of Object.entries(byPeer)) {
    say(
      `| ${peer} | ${m.ratio.toFixed(2)} | ${m.ratioMin.toFixed(2)}, ${m.ratioMax.toFixed(2)} | ${m.cpuPerRequestUs.toFixed(1)} | ${m.cpuPerGiB.toFixed(2)} | ${m.perSecond.toFixed(0)} | ${m.p50Ms.toFixed(2)} | ${m.p99Ms.toFixed(2)} | ${m.rssMiB.toFixed(0)} |`,
    );
  }
};
