/**
 * Preloaded into the children of `eyrie dev`, and into what npm runs (`node --import`): asks the process to stop once its parent is gone, so that
 * a killed `eyrie dev` leaves no worker behind that takes the tasks of the next one.
 */
import cluster from 'node:cluster';

const LOOK_EVERY_MS = 500;
/** A worker lets its running activities finish; after this it is killed. */
const STOP_WITHIN_MS = 15_000;

const parent = Number(new URL(import.meta.url).searchParams.get('parent') ?? process.ppid);
const timer = setInterval(() => {
  // A process of a cluster inherits this from the one that forked it, and ends with that one by itself.
  if (process.ppid === parent || cluster.isWorker) return;
  clearInterval(timer);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_WITHIN_MS).unref();
}, LOOK_EVERY_MS);
timer.unref();
