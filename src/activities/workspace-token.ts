/** The token by which a workspace's holder is given sessions. */
import { type Owner, type Removal, subjectOf } from '#domain/core/ownership.ts';
import type { ActivityDeps } from './deps.ts';

/** Of the run that makes it. */
const tokenIdOf = ({ run }: Owner): string => `token-${run}`;

export interface WorkspaceToken {
  readonly id: string;
  /** ISO time. */
  readonly createdAt: string;
}

export const workspaceTokenActivities = ({ control: { tokens } }: Pick<ActivityDeps, 'control'>) => ({
  /** One per launch; those of earlier launches work on, since somebody may be at work with them. */
  ensureWorkspaceToken: (owner: Owner): Promise<WorkspaceToken> => tokens.ensure(subjectOf(owner), tokenIdOf(owner)),

  /** By run: the one of this launch. By owner: all. */
  async deleteWorkspaceTokens(owner: Owner, { by }: Removal): Promise<void> {
    await (by === 'run' ? tokens.revoke(subjectOf(owner), tokenIdOf(owner)) : tokens.revokeAll(subjectOf(owner)));
  },
});
