/** Which step needs which, read off the launch itself: it is run once with a saga that notes instead of working. */
import type { LaunchInput } from '#domain/workspace/input.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import type { Saga } from '#workflows/kernel/saga.ts';
import { makeWorkspace } from '#workflows/workspace/launch.ts';

/** Step → the steps whose results it takes. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** What comes before every step: the launch is pinned in its record. */
const RECORD = 'record';

export const readGraph = async (input: LaunchInput): Promise<Graph> => {
  const nameOf = new Map<unknown, string>();
  const graph = new Map<string, readonly string[]>([[RECORD, []]]);
  const noting: Pick<Saga, 'run'> = {
    run: ({ name }, _spec, needed) => {
      const needs = Object.values(needed)
        .map((need) => nameOf.get(need))
        .filter((need) => need !== undefined);
      graph.set(name, needs.length > 0 ? needs : [RECORD]);
      const done = Promise.resolve({}) as Promise<never>;
      nameOf.set(done, name);
      return done;
    },
  };
  const { workspace, launchId, timing } = input;
  const plan = planWorkspace({ workspace, launchId, timing });
  await makeWorkspace(noting, plan, input, {
    resources: () => [],
    ended: () => ({ operation: null, steps: [], interventions: [] }),
    include: () => undefined,
  });
  return graph;
};

export interface Chain {
  readonly steps: readonly string[];
  readonly ms: number;
}

/** The chain of steps, each needing the one before it, whose durations have the greatest sum. */
export const longestChain = (graph: Graph, ownMs: (step: string) => number): Chain => {
  const to = (step: string): Chain => {
    const before = (graph.get(step) ?? []).map(to).toSorted((one, other) => other.ms - one.ms)[0];
    return { steps: [...(before?.steps ?? []), step], ms: (before?.ms ?? 0) + ownMs(step) };
  };
  return [...graph.keys()].map(to).reduce((longest, chain) => (chain.ms > longest.ms ? chain : longest));
};
