/**
 * Preloaded into the children of `eyrie dev` (`node --import`): asks the process to stop once its parent is gone, so that
 * a killed `eyrie dev` leaves no worker behind that takes the tasks of the next one.
 */
const LOOK_EVERY_MS = 500;

const parent = process.ppid;
const timer = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(timer);
  process.kill(process.pid, 'SIGTERM');
}, LOOK_EVERY_MS);
timer.unref();
