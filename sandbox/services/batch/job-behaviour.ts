/** How jobs go: `PUT /_sandbox/accounts/{id}/jobs-behaviour` tells it of the next ones of a queue. */
import { JobsBehaviour } from './seed.ts';

const USUAL: JobsBehaviour = JobsBehaviour.parse({ queue: '*' });

export const createBehaviours = () => {
  const told = new Map<string, { behaviour: JobsBehaviour; left: number }>();
  return {
    tell(account: string, behaviour: JobsBehaviour): void {
      told.set(`${account}/${behaviour.queue}`, { behaviour, left: behaviour.jobs ?? Number.POSITIVE_INFINITY });
    },
    /** How the job goes that is being submitted. */
    take(account: string, queue: string): JobsBehaviour {
      const entry = [queue, '*'].map((name) => told.get(`${account}/${name}`)).find((each) => each && each.left > 0);
      if (!entry) return USUAL;
      entry.left -= 1;
      return entry.behaviour;
    },
  };
};
export type Behaviours = ReturnType<typeof createBehaviours>;
