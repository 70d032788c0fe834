/**
 * A worker of its own for a test, on the Temporal server of the test run. When the test ends, every run that it started
 * is replayed from its history: code that is not deterministic fails the test that met it, and so does a workflow task that
 * Temporal refused.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { inject, onTestFinished } from 'vitest';
import { type Installation, renderIdentity, taskQueueOf } from '#domain/core/installation.ts';
import { beatingInterceptor } from '#temporal/activity-interceptor.ts';
import { environmentGuard } from '#temporal/environment-guard.ts';
import { failedTasksOf, type History } from './failed-tasks.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

export interface Rig {
  readonly client: Client;
  readonly taskQueue: string;
  /** Remembers a run, so that it is replayed at the end. */
  readonly watch: <H extends WorkflowHandle>(handle: H) => H;
  readonly stopWorker: () => Promise<void>;
  readonly startWorker: () => Promise<void>;
}

export interface RigOptions {
  readonly maxCachedWorkflows?: number;
  /** Called with every history before it is replayed. */
  readonly inspect?: (workflowId: string, history: History) => void;
  /** Works as the worker of this installation does. Default: on a queue of its own, without looking whose work it is. */
  readonly installation?: Installation | undefined;
  /** Default: that of the installation, or one of its own. */
  readonly taskQueue?: string;
  /** Path of other workflows' bundle than the product's. */
  readonly bundle?: string;
}

type AnyActivities = Record<string, (...args: never[]) => Promise<unknown>>;

/** One that ends with the test. */
export const workflowRig = async (activities: AnyActivities, options: RigOptions = {}): Promise<Rig> => {
  const { close, ...rig } = await openRig(activities, options);
  onTestFinished(close);
  return rig;
};

/** One that the caller closes: stops the worker, then replays all that ran on it. */
export const openRig = async (
  activities: AnyActivities,
  options: RigOptions = {},
): Promise<Rig & { readonly close: () => Promise<void> }> => {
  const address = inject('sandbox').temporal;
  if (!address) throw new Error('the test run has no Temporal server');
  const { maxCachedWorkflows = 100, inspect = () => undefined, installation } = options;
  const taskQueue = options.taskQueue ?? (installation ? taskQueueOf(installation) : `test-${randomUUID()}`);
  const workflowBundle = { codePath: options.bundle ?? inject('workflows') };
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const client = new Client({ connection });
  const watched = new Set<string>();

  let worker: Worker | undefined;
  let running: Promise<void> | undefined;
  const startWorker = async (): Promise<void> => {
    worker = await Worker.create({
      connection: native,
      taskQueue,
      workflowBundle,
      activities,
      maxCachedWorkflows,
      ...(installation && { identity: renderIdentity(installation, { version: '0', pid: process.pid, host: 'test' }) }),
      interceptors: {
        activity: [
          (context) => ({ inbound: beatingInterceptor(context) }),
          (context) => ({ inbound: installation ? environmentGuard(installation.environment)(context) : {} }),
        ],
      },
    });
    running = worker.run();
  };
  const stopWorker = async (): Promise<void> => {
    worker?.shutdown();
    await running;
    worker = undefined;
    running = undefined;
  };
  await startWorker();

  return {
    close: async () => {
      try {
        await stopWorker();
        await untilListed(client, taskQueue, watched);
        const histories = historiesOf(client, taskQueue, inspect);
        for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories)) {
          if (error) throw new Error(`${workflowId} does not replay: ${error.message}`, { cause: error });
        }
      } finally {
        await native.close();
        await connection.close();
      }
    },
    client,
    taskQueue,
    watch: (handle) => {
      watched.add(handle.workflowId);
      return handle;
    },
    startWorker,
    stopWorker,
  };
};

/** Every run on the task queue: of the workflows that were started here, and of those that they or activities started. */
const runsOn = (client: Client, taskQueue: string) => client.workflow.list({ query: `TaskQueue = '${taskQueue}'` });

/** The list of runs lags a little behind the runs. */
const untilListed = async (client: Client, taskQueue: string, watched: ReadonlySet<string>): Promise<void> => {
  for (;;) {
    const listed = new Set<string>();
    for await (const { workflowId } of runsOn(client, taskQueue)) listed.add(workflowId);
    if ([...watched].every((id) => listed.has(id))) return;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
};

const historiesOf = async function* (
  client: Client,
  taskQueue: string,
  inspect: (workflowId: string, history: History) => void,
) {
  for await (const { workflowId, runId } of runsOn(client, taskQueue)) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const failure of failedTasksOf(history))
      throw new Error(`a workflow task of ${workflowId} failed: ${failure}`);
    inspect(workflowId, history);
    yield { workflowId, history };
  }
};
