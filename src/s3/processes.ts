/**
 * The same server in N processes on the same ports. State is only in caches, so nothing is shared between them: the
 * first process only starts them, replaces those that die, and adds up their metrics.
 */
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { errorText } from '#domain/core/error-text.ts';

/** What one process serves. */
export interface Served<Ready> {
  /** Told to whoever started the processes; plain data. */
  readonly ready: Ready;
  /** Ends what is under way, within limits. */
  stop(how: Stopping): Promise<void>;
}

export interface Stopping {
  /**
   * It listens until its process ends, and answers whoever comes that it does not serve. A connection that the first
   * process has taken and can give to nobody would hang until all the others have ended what is under way.
   */
  readonly keepsListening: boolean;
}

export interface ProcessesOptions<Ready> {
  /** 1: everything in this process. */
  readonly count: number;
  /** Starts the server; runs in each of the processes. */
  readonly serve: () => Promise<Served<Ready>>;
  /** Once, when all of them listen, in the process that was started. */
  readonly onReady: (ready: Ready) => void;
  /** A process ended without having been asked to. */
  readonly onDeath?: (pid: number | undefined, code: number | null) => void;
}

/** A process that dies at its start must not be started without a pause. */
const RESTART_AFTER_MS = 1_000;

type Message<Ready> =
  | { readonly type: 'eyrie:ready'; readonly ready: Ready }
  | { readonly type: 'eyrie:failed'; readonly message: string }
  | { readonly type: 'eyrie:stopped' }
  | { readonly type: 'eyrie:closed' };

/** To a process that is to stop. */
type StopMessage = Stopping & { readonly type: 'eyrie:stop' };

/**
 * Resolves when the server is up. SIGTERM or SIGINT to the process that was started stops all of them, with code 0; a
 * second one ends them at once.
 */
export const runProcesses = async <Ready>(options: ProcessesOptions<Ready>): Promise<void> => {
  if (cluster.isWorker) await runWorker(options);
  else if (options.count <= 1) options.onReady(await serveHere(options));
  else options.onReady(await runPrimary(options));
};

/** Metrics of all processes added up, or of this one where it is the only one. */
export const collectMetrics = async (registry: Registry): Promise<string> =>
  cluster.isWorker ? await askPrimary() : await registry.metrics();

/** Has to be called once per process for the registry that `collectMetrics` is to find. */
export const shareMetrics = (registry: Registry): void => {
  if (cluster.isWorker) AggregatorRegistry.setRegistries([registry]);
};

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Ended by its second signal, as a shell would tell it. */
const IMPATIENT = 130;

const onSignals = (stop: () => Promise<unknown>, endNow: () => void): void => {
  let stopping = false;
  const heard = (): void => {
    if (stopping) {
      endNow();
      process.exit(IMPATIENT);
    }
    stopping = true;
    void stop().then(exitWith(0), exitWith(1));
  };
  for (const signal of SIGNALS) process.on(signal, heard);
};

const exitWith = (code: number) => (): never => process.exit(code);

async function serveHere<Ready>({ serve }: ProcessesOptions<Ready>): Promise<Ready> {
  const { ready, stop } = await serve();
  onSignals(
    () => stop({ keepsListening: false }),
    () => undefined,
  );
  return ready;
}

/** A process that was started by the first one listens to that one alone: Ctrl-C of a terminal reaches them all. */
async function runWorker<Ready>({ serve }: ProcessesOptions<Ready>): Promise<void> {
  for (const signal of SIGNALS) process.on(signal, () => undefined);
  new AggregatorRegistry(); // answers the first process when it adds up
  try {
    const { ready, stop } = await serve();
    process.on('message', ({ type, keepsListening }: Partial<StopMessage>) => {
      if (type !== 'eyrie:stop') return;
      const how = { keepsListening: keepsListening === true };
      // The last one is ended by the first process, together with itself.
      const after = how.keepsListening ? () => process.send?.({ type: 'eyrie:stopped' }) : () => leave(0);
      void stop(how).then(after, () => leave(1));
    });
    process.send?.({ type: 'eyrie:ready', ready } satisfies Message<Ready>);
  } catch (error) {
    const message = errorText(error);
    process.send?.({ type: 'eyrie:failed', message } satisfies Message<Ready>, () => process.exit(1));
  }
}

/**
 * Ends this process once the first one gives it no more connections. One that was on its way when it ended would be held
 * open there and answered by nobody; so it waits until the first process has read that it has closed, and hands back
 * what came before that.
 */
function leave(code: number): void {
  process.on('message', ({ type }: { type?: string }) => {
    // What it handed back is written before this.
    if (type === 'eyrie:leave') process.send?.({ type: 'eyrie:left' }, exitWith(code));
  });
  process.send?.({ type: 'eyrie:closed' } satisfies Message<never>);
}

async function runPrimary<Ready>({ count, onDeath }: ProcessesOptions<Ready>): Promise<Ready> {
  const aggregator = new AggregatorRegistry();
  const serving = new WeakSet<Worker>();
  let isStopping = false;

  const start = (): Promise<Ready> => {
    const worker = cluster.fork();
    worker.on('message', (message: { type?: string }) => {
      if (message.type === 'eyrie:metrics') void answerMetrics(worker, aggregator);
      if (message.type === 'eyrie:ready') serving.add(worker);
      if (message.type === 'eyrie:closed' && worker.isConnected()) worker.send({ type: 'eyrie:leave' });
    });
    worker.once('exit', (code) => {
      if (isStopping) return;
      onDeath?.(worker.process.pid, code);
      setTimeout(() => !isStopping && void start().catch(() => {}), RESTART_AFTER_MS);
    });
    return ready<Ready>(worker);
  };

  const running = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
  const killAll = (): void => {
    isStopping = true;
    for (const worker of running()) worker.process.kill('SIGKILL');
  };
  const stop = async (): Promise<void> => {
    isStopping = true;
    const workers = running();
    const last = workers.find((worker) => serving.has(worker));
    const over = workers.map(
      (worker) =>
        new Promise<void>((resolve) => {
          worker.once('exit', () => resolve());
          worker.on('message', ({ type }: { type?: string }) => type === 'eyrie:stopped' && resolve());
        }),
    );
    for (const worker of workers) {
      // One that serves nothing yet has nothing to end.
      if (serving.has(worker))
        worker.send({ type: 'eyrie:stop', keepsListening: worker === last } satisfies StopMessage);
      else worker.process.kill('SIGKILL');
    }
    await Promise.all(over);
    last?.process.kill('SIGKILL');
  };
  onSignals(stop, killAll);

  try {
    const all = await Promise.all(Array.from({ length: count }, start));
    return all[0] as Ready;
  } catch (error) {
    killAll();
    throw error;
  }
}

const ready = <Ready>(worker: Worker): Promise<Ready> =>
  new Promise((resolve, reject) => {
    worker.on('message', (message: Message<Ready>) => {
      if (message.type === 'eyrie:ready') resolve(message.ready);
      else if (message.type === 'eyrie:failed') reject(new Error(message.message));
    });
    worker.once('exit', (code) => reject(new Error(`a process ended with ${code} before it was ready`)));
  });

async function answerMetrics(worker: Worker, aggregator: { clusterMetrics(): Promise<string> }): Promise<void> {
  const text = await aggregator.clusterMetrics().catch(() => '');
  if (worker.isConnected()) worker.send({ type: 'eyrie:metrics-answer', text });
}

const METRICS_WITHIN_MS = 6_000;

function askPrimary(): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error('no answer about metrics'))), METRICS_WITHIN_MS);
    const onMessage = (message: { type?: string; text?: string }): void => {
      if (message.type === 'eyrie:metrics-answer') finish(() => resolve(message.text ?? ''));
    };
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      process.off('message', onMessage);
      settle();
    };
    process.on('message', onMessage);
    process.send?.({ type: 'eyrie:metrics' });
  });
}
