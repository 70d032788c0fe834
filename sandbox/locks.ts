/**
 * One call at a time per account. moto answers on threads and loops over plain dictionaries that other threads may
 * add to in mid-loop, which would end in an error that AWS never gives.
 */
export type Locks = <T>(account: string, work: () => Promise<T>) => Promise<T>;

export const createLocks = (): Locks => {
  const tails = new Map<string, Promise<unknown>>();
  return async (account, work) => {
    const before = tails.get(account);
    const mine = before ? before.then(work, work) : work();
    const tail = mine.catch(() => undefined);
    tails.set(account, tail);
    try {
      return await mine;
    } finally {
      if (tails.get(account) === tail) tails.delete(account);
    }
  };
};
