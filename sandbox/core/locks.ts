/**
 * One call at a time per account. moto answers on threads and loops over plain dictionaries that other threads may
 * add to in mid-loop, which would end in an error that AWS never gives.
 */
export type Locks = <T>(account: string, work: () => Promise<T>) => Promise<T>;

/** moto takes milliseconds. What it has not answered by then it never will: it drops calls whose answer it can't write. */
export const MOTO_ANSWER_MS_MAX = 60_000;

/** @param workMsMax past it a call fails and gives up its place, so that it can't block its account for ever; default: none */
export const createLocks = (workMsMax?: number): Locks => {
  const tails = new Map<string, Promise<unknown>>();
  return async (account, work) => {
    const bounded = () => (workMsMax === undefined ? work() : withDeadline(work(), workMsMax));
    const before = tails.get(account);
    const mine = before ? before.then(bounded, bounded) : bounded();
    const tail = mine.catch(() => undefined);
    tails.set(account, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(account) === tail) tails.delete(account);
    }
  };
};

async function withDeadline<T>(answer: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`moto gave no answer within ${ms / 1000} s`)), ms);
  });
  return await Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
