/**
 * Job definitions that runs of an owner leave behind: clients register one per image, and nobody ever takes it away.
 * Deregistered, a definition is INACTIVE, can't be used, and AWS forgets it after half a year.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_DeregisterJobDefinition.html
 */
import {
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  type JobDefinition,
} from '@aws-sdk/client-batch';
import { ignoreNotFound } from '#aws/errors.ts';
import { isForeign, isOwnedBy, kindTag, mayRemove, type Removal } from '#domain/core/ownership.ts';
import type { JobDefinitionsSpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import type { Remaining } from '../shared/remaining.ts';

/** An activity has 30 s; the rest is for the next one. */
const BUDGET_MS = 15_000;

const PAGE_SIZE = 100;

/** A slice of the list: what it took, and where the next one goes on; null: it was the last. */
export interface Slice<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

export const jobDefinitionActivities = (deps: Pick<ActivityDeps, 'aws'>) => {
  const slice = async (
    { account }: JobDefinitionsSpec,
    from: string | null,
    visit: (definition: JobDefinition) => Promise<boolean>,
  ): Promise<Slice<Remaining>> => {
    const until = Date.now() + BUDGET_MS;
    const items: Remaining[] = [];
    let next = from;
    do {
      const { jobDefinitions = [], nextToken } = await deps.aws.batch(account).send(
        new DescribeJobDefinitionsCommand({
          status: 'ACTIVE',
          maxResults: PAGE_SIZE,
          ...(next && { nextToken: next }),
        }),
      );
      for (const definition of jobDefinitions) {
        const { jobDefinitionArn: id = null, jobDefinitionName: name = null } = definition;
        if (await visit(definition)) items.push({ id, name });
      }
      next = nextToken || null;
    } while (next !== null && Date.now() < until);
    return { items, next };
  };

  return {
    /** A slice of its active ones, from where the one before has ended; null: from the start. */
    observeJobDefinitions: (spec: JobDefinitionsSpec, from: string | null): Promise<Slice<Remaining>> =>
      slice(spec, from, async (definition) => isTheirs(definition, spec)),

    /** Deregisters a slice of them. What a run is to take carries its tag, and runs of Eyrie register but canaries. */
    async deleteJobDefinitions(
      spec: JobDefinitionsSpec,
      removal: Removal,
      from: string | null,
    ): Promise<Slice<Remaining>> {
      return await slice(spec, from, async (definition) => {
        if (!isTheirs(definition, spec)) return false;
        if (removal.by === 'run' && !mayRemove(definition.tags ?? {}, spec.owner, removal)) return false;
        const { jobDefinitionArn: jobDefinition } = definition;
        const query = new DeregisterJobDefinitionCommand({ jobDefinition });
        await deps.aws.batch(spec.account).send(query).catch(ignoreNotFound);
        return true;
      });
    },
  };
};

/** By the owner's tag; without one by its name, in which the owner's id stands. */
const isTheirs = (
  { jobDefinitionName = '', tags = {} }: JobDefinition,
  { owner, namePrefix }: JobDefinitionsSpec,
): boolean => {
  if (isForeign(tags, owner)) return false;
  if (isOwnedBy(tags, owner)) return true;
  return tags[kindTag(owner.kind)] === undefined && jobDefinitionName.startsWith(namePrefix);
};
