/**
 * Several processes of the API behind one port, for more than one core. All state is in caches, so any process answers
 * any request. The first process only starts the others, starts again what dies, and adds up the metrics.
 */
import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type Registry } from 'prom-client';

/** What a process says when it listens. */
export interface ReadyLine {
  readonly ready: true;
  readonly api: string;
  readonly s3: string;
  readonly s3Root: string | null;
  readonly pid: number;
}

const RESTART_AFTER_MS = 1_000;
const ASK = 'eyrie:metrics';

interface MetricsMessage {
  readonly type: typeof ASK;
  readonly id: number;
  readonly text?: string;
}

const isMetricsMessage = (message: unknown): message is MetricsMessage =>
  typeof message === 'object' && message !== null && (message as { type?: unknown }).type === ASK;

/** True in the process that serves nothing itself. */
export const isManager = (processes: number): boolean => processes > 1 && cluster.isPrimary;

/** Starts the processes; `onReady` is called once, when all of them listen. */
export const manage = (processes: number, onReady: (line: ReadyLine) => void): void => {
  const aggregator = new AggregatorRegistry();
  const ready = new Set<number>();
  let announced = false;
  let stopping = false;

  const start = (): void => {
    const worker = cluster.fork();
    worker.on('message', (message: unknown) => {
      if (isMetricsMessage(message)) answerMetrics(worker, message.id);
      else if ((message as Partial<ReadyLine>).ready) note(worker, message as ReadyLine);
    });
    worker.once('exit', () => {
      ready.delete(worker.id);
      if (stopping) return;
      // Before all were ready it is a fault of the configuration, not an accident.
      if (!announced) process.exit(1);
      setTimeout(start, RESTART_AFTER_MS);
    });
  };

  const note = (worker: Worker, line: ReadyLine): void => {
    ready.add(worker.id);
    if (announced || ready.size < processes) return;
    announced = true;
    onReady({ ...line, pid: process.pid });
  };

  const answerMetrics = (worker: Worker, id: number): void => {
    aggregator.clusterMetrics().then(
      (text) => worker.send({ type: ASK, id, text }),
      () => worker.send({ type: ASK, id, text: '' }),
    );
  };

  for (let index = 0; index < processes; index += 1) start();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stopping = true;
      cluster.disconnect(() => process.exit(0));
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal);
    });
  }
};

/** Tells whoever started this process that it listens. */
export const announce = (line: ReadyLine, json: boolean): void => {
  if (cluster.isWorker) process.send?.(line);
  else if (json) process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** The numbers of all processes together, in Prometheus' text. */
export const createMetricsText = (registry: Registry): (() => Promise<string>) => {
  if (!cluster.isWorker) return () => registry.metrics();
  AggregatorRegistry.setRegistries([registry]);
  new AggregatorRegistry(); // answers the first process when that adds up
  const waiting = new Map<number, (text: string) => void>();
  let asked = 0;
  process.on('message', (message: unknown) => {
    if (!isMetricsMessage(message)) return;
    waiting.get(message.id)?.(message.text ?? '');
    waiting.delete(message.id);
  });
  return () =>
    new Promise((resolve) => {
      asked += 1;
      waiting.set(asked, resolve);
      process.send?.({ type: ASK, id: asked });
    });
};
