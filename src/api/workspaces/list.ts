/** Lists of workspaces, from their records. */
import type { Records } from '#control/records.ts';
import { escapeUser } from '#domain/names.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import type { Phase, WorkspaceView } from '#domain/workspace/view.ts';
import { type Principal, scopeOf } from '../principal.ts';
import type { LocatedWorkspace, LocateWorkspace, ShowWorkspace } from './kind.ts';

export type WorkspaceItem = Omit<WorkspaceView, 'steps'>;

export interface WorkspacePage {
  readonly items: readonly WorkspaceItem[];
  readonly nextCursor: string | null;
}

export interface WorkspaceQuery {
  /** Default: whatever. */
  readonly phase?: Phase | readonly Phase[] | undefined;
  /** Who asked for the last launch. Default: whoever. */
  readonly launchedBy?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface ListParts {
  readonly records: Pick<Records<WorkspaceRecord>, 'list'>;
  readonly locate: LocateWorkspace;
  readonly show: ShowWorkspace;
  readonly environment: string;
}

/** Users see their own only. An item with an operation in progress is looked at in Temporal: its record may be behind. */
export const createList =
  ({ records, locate, show, environment }: ListParts) =>
  async (principal: Principal, { phase, launchedBy, ...page }: WorkspaceQuery): Promise<WorkspacePage> => {
    const user = scopeOf(principal, 'read') === 'own' ? principal.name : undefined;
    const { items, nextCursor } = await records.list({
      environment,
      name: user === undefined ? undefined : escapeUser(user),
      // Another user's name may be escaped to the same text.
      fits: (record) =>
        (phase === undefined || [phase].flat().includes(record.phase)) &&
        (launchedBy === undefined || record.launchedBy === launchedBy) &&
        (user === undefined || record.workspace.user === user),
      ...page,
    });
    const views = await Promise.all(
      items.map(async ({ record }) => {
        const alone: LocatedWorkspace = {
          id: record.id,
          subject: record.subject,
          user: record.workspace.user,
          record,
          run: undefined,
        };
        return show(record.operation ? ((await locate(record.id)) ?? alone) : alone, principal);
      }),
    );
    return { items: views.map(({ steps: _, ...item }) => item), nextCursor };
  };
