/**
 * A worker of its own for a test, on the Temporal server of the test run. When the test ends, every run that it started
 * is replayed from its history: code that is not deterministic fails the test that met it.
 */
import { randomUUID } from 'node:crypto';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { inject, onTestFinished } from 'vitest';
import { beatingInterceptor } from '#temporal/activity-interceptor.ts';
import { bundleWorkflows } from '#temporal/bundle-guard.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

let bundle: Promise<{ code: string }> | undefined;
const bundled = () => {
  bundle ??= bundleWorkflows();
  return bundle;
};

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
}

type AnyActivities = Record<string, (...args: never[]) => Promise<unknown>>;

/** One that ends with the test. */
export const workflowRig = async (activities: AnyActivities, options: RigOptions = {}): Promise<Rig> => {
  const { close, ...rig } = await openRig(activities, options);
  onTestFinished(close);
  return rig;
};

/** One that the caller closes: stops the worker, then replays what it watched. */
export const openRig = async (
  activities: AnyActivities,
  { maxCachedWorkflows = 100 }: RigOptions = {},
): Promise<Rig & { readonly close: () => Promise<void> }> => {
  const address = inject('sandbox').temporal;
  if (!address) throw new Error('the test run has no Temporal server');
  const taskQueue = `test-${randomUUID()}`;
  const [connection, native, workflowBundle] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
    bundled(),
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
      interceptors: { activity: [(context) => ({ inbound: beatingInterceptor(context) })] },
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
      await stopWorker();
      await replayAll(client, watched, workflowBundle);
      await native.close();
      await connection.close();
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

/** Every run of the ids: a chain of continue-as-new has several. @throws where one does not replay. */
const replayAll = async (client: Client, ids: ReadonlySet<string>, workflowBundle: { code: string }): Promise<void> => {
  const histories = async function* () {
    for (const workflowId of ids) {
      for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
        yield { workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
      }
    }
  };
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories())) {
    if (error) throw new Error(`${workflowId} does not replay: ${error.message}`, { cause: error });
  }
};
