/**
 * Durations by operation, counted in plain arrays and given to prom-client when it is asked. Its own histogram makes a
 * text of the labels and looks it up for each observation, which is dear on a path of a few dozen microseconds.
 */
import type { Metric, Registry } from 'prom-client';

export interface Buckets {
  /** One per bound, and one for what is above all of them. Not cumulative. */
  readonly counts: Float64Array;
  sum: number;
}

/** Upper bounds in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export const newBuckets = (): Buckets => ({ counts: new Float64Array(BOUNDS.length + 1), sum: 0 });

export const observe = (buckets: Buckets, seconds: number): void => {
  let at = 0;
  while (at < BOUNDS.length && seconds > (BOUNDS[at] as number)) at++;
  buckets.counts[at] = (buckets.counts[at] as number) + 1;
  buckets.sum += seconds;
};

export interface HistogramSource {
  readonly name: string;
  readonly help: string;
  /** Name of the one label. */
  readonly label: string;
  readonly series: () => Iterable<readonly [labelValue: string, buckets: Buckets]>;
}

/** Registers a histogram that reads its source at each scrape. */
export const registerHistogram = (registry: Registry, { name, help, label, series }: HistogramSource): void => {
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...series()].flatMap(valuesOf),
  });
  const valuesOf = ([labelValue, { counts, sum }]: readonly [string, Buckets]) => {
    let total = 0;
    const buckets = Array.from(counts, (count, at) => {
      total += count;
      return { metricName: `${name}_bucket`, labels: { le: BOUNDS[at] ?? '+Inf', [label]: labelValue }, value: total };
    });
    const labels = { [label]: labelValue };
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: total },
    ];
  };
  // The registry asks a metric for nothing but these.
  registry.registerMetric({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get,
    reset: () => {},
  } as unknown as Metric);
};
