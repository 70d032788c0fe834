/** What is asked for: so many requests of one kind, over so many connections. */
export interface Scenario {
  readonly name: string;
  readonly method: 'GET' | 'PUT';
  readonly bytes: number;
  readonly connections: number;
  readonly requests: number;
}

const MIB = 1024 * 1024;

export const UPLOADS: Scenario = { name: 'put-1g', method: 'PUT', bytes: 1024 * MIB, connections: 64, requests: 64 };

/** @param factor of the numbers of requests */
export const scenarios = (only: string | undefined, factor: number): Scenario[] =>
  (
    [
      { name: 'get-1k', method: 'GET', bytes: 1024, connections: 32, requests: 20_000 },
      { name: 'put-1k', method: 'PUT', bytes: 1024, connections: 32, requests: 20_000 },
      { name: 'get-64m', method: 'GET', bytes: 64 * MIB, connections: 8, requests: 32 },
      { name: 'put-8m', method: 'PUT', bytes: 8 * MIB, connections: 16, requests: 192 },
      { name: 'get-1k-1', method: 'GET', bytes: 1024, connections: 1, requests: 3_000 },
    ] as const
  )
    .filter(({ name }) => !only || only.split(',').includes(name))
    .map((scenario) => ({ ...scenario, requests: Math.ceil(scenario.requests * factor) }));

/** V8 has compiled what is used often after some fifty thousand requests; a service runs for days. */
export const warmUp = (scenario: Scenario): Scenario => ({
  ...scenario,
  requests: Math.ceil(scenario.requests * (scenario.bytes > MIB ? 0.5 : 3)),
});
