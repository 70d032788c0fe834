/** How Node is started for the processes that stay: worker, API and what `eyrie dev` runs. */

/**
 * Requests leave garbage that hardly ever lives through one collection of the young generation, so that a large one wins no
 * time. V8 takes up to 128 MiB for it where memory is plentiful, and keeps them: half of what an API had resident.
 */
const YOUNG_GENERATION = '--max-semi-space-size=16';

/** @param given what Node was started with here, a preloaded module for example; it wins. */
export const nodeFlags = (given: readonly string[] = []): string[] => {
  const isGiven = (flag: string): boolean => given.some((one) => one.startsWith(flag.split('=', 1)[0] as string));
  const own = ['--disable-warning=ExperimentalWarning', YOUNG_GENERATION];
  return [...own.filter((flag) => !isGiven(flag)), ...given];
};
