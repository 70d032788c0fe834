/**
 * Temporal's test server, whose clock jumps over the time in which nothing happens: years pass in a second. Of what the
 * real one can do it lacks a few things, an update that starts its workflow among them.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { findBinary } from 'eyrie-sandbox/python';
import { inject } from 'vitest';
import { SEARCH_ATTRIBUTE_TYPES } from '#temporal/search-attributes.ts';

export interface YearsRig {
  readonly env: TestWorkflowEnvironment;
  readonly taskQueue: string;
  /** Of the server: milliseconds since the epoch. */
  readonly now: () => Promise<number>;
  readonly pass: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

Runtime.install({ logger: new DefaultLogger('ERROR') });

const TASK_QUEUE = 'years';

type AnyActivities = Record<string, (...args: never[]) => Promise<unknown>>;

export const yearsRig = async (activities: AnyActivities): Promise<YearsRig> => {
  const env = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: findBinary('temporal-test-server') } },
  });
  // It waits for ever on an attribute that it does not know.
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(SEARCH_ATTRIBUTE_TYPES),
  });
  const worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath: inject('workflows') },
    activities,
  });
  const running = worker.run();
  return {
    env,
    taskQueue: TASK_QUEUE,
    now: async () => Number(await env.currentTimeMs()),
    pass: async (ms) => void (await env.sleep(ms)),
    async close() {
      worker.shutdown();
      await running;
      await env.teardown();
    },
  };
};
