/** Notices that the process which started this one is gone, however it went. */

const LOOK_EVERY_MS = 500;

/** Calls back once when this process has been handed to another parent. Returns a function that ends the watch. */
export const watchParent = (gone: () => void): (() => void) => {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
};
