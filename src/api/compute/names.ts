/** What compute environments are called: each name is one's at a time, until that is deleted. */
import type { GivenNames, NameHolder } from '#control/given-names.ts';
import { isOver } from '#domain/compute/record.ts';
import { ApiProblem } from '../problems.ts';
import type { Locate } from '../subjects/kind.ts';
import { fullId } from './ids.ts';
import type { ComputeKind } from './kind.ts';

/** Between taking a name and the start of the create that it is taken for. */
const START_MS = 60_000;

export interface ComputeNamesParts {
  readonly names: GivenNames;
  readonly locate: Locate<ComputeKind>;
  /** H */
  readonly environment: string;
  readonly now: () => number;
}

export interface TakeNames {
  /** @throws Conflict where it is another one's */
  take(name: string, forgeId: string): Promise<void>;
  /** Forge id of the one that is called so; undefined: none. */
  find(name: string): Promise<string | undefined>;
}

export const createTakeNames = ({ names, locate, environment, now }: ComputeNamesParts): TakeNames => {
  const isFree = async (name: string, { subject, at }: NameHolder): Promise<boolean> => {
    const located = await locate(fullId(subject, environment));
    if (located?.record) return isOver(located.record) || located.record.compute.name !== name;
    return !located?.run?.running && now() - Date.parse(at) > START_MS;
  };
  const of = (name: string) => ({ kind: 'compute-environment', environment, name }) as const;

  return {
    async take(name, forgeId) {
      const holder = await names.take(of(name), forgeId, (other) => isFree(name, other));
      if (holder) {
        throw new ApiProblem('Conflict', `there is a compute environment ${name} already: ${holder.subject}`, {
          errors: [{ pointer: '/name', detail: 'the name is in use' }],
        });
      }
    },

    async find(name) {
      const holder = await names.holderOf(of(name));
      return holder && !(await isFree(name, holder)) ? holder.subject : undefined;
    },
  };
};
