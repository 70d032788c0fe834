/**
 * Workers that die at a call of AWS, as the server and AWS see it: the call is done, the attempt never says a word again
 * nor does anything more, and another attempt begins. What that one waits for in reality, the heartbeat's time, it is
 * spared here; `long/processes` kills real workers.
 */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import type { Aws } from '#aws/clients.ts';
import { wrapCalls } from './wrapped-calls.ts';

interface Planned {
  readonly account: string;
  readonly call: string;
  skip: number;
}

type AnyActivity = (...args: never[]) => Promise<unknown>;

export const createDeaths = () => {
  const planned = new Set<Planned>();
  const ends = new WeakMap<Context, (error: Error) => void>();
  const never = new Promise<never>(() => undefined);

  const isNext = (call: string, account: string): boolean => {
    const death = [...planned].find((one) => one.call === call && one.account === account);
    if (!death) return false;
    death.skip -= 1;
    return death.skip < 0 && planned.delete(death);
  };

  return {
    /** Whoever makes the nth of these calls (from 0) in the account dies of it. Tells whether that has come. */
    plan: (account: string, call: string, nth: number): (() => boolean) => {
      const death: Planned = { account, call, skip: nth };
      planned.add(death);
      return () => !planned.has(death);
    },
    among: (aws: Aws): Aws =>
      wrapCalls(aws, async (call, { accountId }, send) => {
        const context = asyncLocalStorage.getStore();
        const dies = context !== undefined && isNext(call, accountId);
        const answer = send();
        if (!dies) return await answer;
        await answer.catch(() => undefined);
        // Not one of ours, so that nothing is concluded from it.
        ends.get(context)?.(new Error('the worker was killed'));
        return await never;
      }),
    mortal: <A extends object>(activities: A): A => {
      const live = (run: AnyActivity): AnyActivity => {
        return (...args) => {
          const context = asyncLocalStorage.getStore();
          const death = new Promise<never>((_, reject) => context && ends.set(context, reject));
          return Promise.race([run(...args), death]);
        };
      };
      return Object.fromEntries(Object.entries(activities).map(([name, run]) => [name, live(run as AnyActivity)])) as A;
    },
  };
};
