/** Parked workspaces, a page of records at a time. */
import type { ParkedWorkspace } from '#domain/workspace/idle.ts';
import { parkedOf } from '#domain/workspace/idle.ts';
import { WORKSPACE_RECORDS } from '#domain/workspace/record-codec.ts';
import type { ActivityDeps } from './deps.ts';

export interface FindIdle {
  readonly environment: string;
  /** ISO time: only those that have been parked since then or longer are told one by one. */
  readonly since: string;
  /** As the page before gave it; null for the first. */
  readonly cursor: string | null;
}

export interface IdlePage {
  /** Parked ones among the records of this page. */
  readonly parked: number;
  readonly items: readonly ParkedWorkspace[];
  readonly nextCursor: string | null;
}

const PAGE = 100;

export const idleWorkspaceActivities = ({ control }: Pick<ActivityDeps, 'control'>) => {
  const records = control.records(WORKSPACE_RECORDS);

  return {
    async findIdleWorkspaces({ environment, since, cursor }: FindIdle): Promise<IdlePage> {
      const page = await records.list({
        environment,
        limit: PAGE,
        fits: ({ phase }) => phase === 'parked',
        ...(cursor !== null && { cursor }),
      });
      const parked = page.items.flatMap(({ record }) => parkedOf(record) ?? []);
      return {
        parked: parked.length,
        items: parked.filter((one) => one.since <= since),
        nextCursor: page.nextCursor,
      };
    },
  };
};
