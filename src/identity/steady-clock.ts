/**
 * A clock by which nothing that has ended begins again. The wall clock is followed forwards; when it is set back, time
 * goes on from where it was, at its own pace. What ends by such a clock ends no later than by the real one.
 */

export interface SteadyClockOptions {
  /** Milliseconds since 1970. Default: the system's. */
  readonly wall?: () => number;
  /** Milliseconds that never go back. Default: the process's. */
  readonly elapsed?: () => number;
  /** The wall clock was set back by so many milliseconds; once for each time. */
  readonly onSetBack?: (byMs: number) => void;
}

/** The two clocks are read one after the other, and one of them in whole milliseconds. */
const SET_BACK_MS = 1_000;

/** @returns milliseconds since 1970, whole ones */
export const createSteadyClock = (options: SteadyClockOptions = {}): (() => number) => {
  const { wall = Date.now, elapsed = () => performance.now(), onSetBack } = options;
  let last = wall();
  let lastElapsed = elapsed();
  let isBehind = false;
  return () => {
    const passed = elapsed();
    const least = last + Math.max(passed - lastElapsed, 0);
    const said = wall();
    lastElapsed = passed;
    last = Math.max(said, least);
    const wasBehind = isBehind;
    isBehind = least - said > SET_BACK_MS;
    if (isBehind && !wasBehind) onSetBack?.(Math.round(least - said));
    return Math.floor(last);
  };
};
