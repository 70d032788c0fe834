import { activeKey } from '#domain/core/access-key.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { aWorkspace } from '../domain/workspace-input.ts';

/** A running workspace whose key can be claimed, but for what a test says. */
export const aRecord = (changes: Partial<WorkspaceRecord> & { user?: string } = {}): WorkspaceRecord => {
  const { user = 'test@example.com', ...rest } = changes;
  const workspace = aWorkspace({ user });
  return {
    version: 2,
    subject: workspaceSubject(workspace),
    id: workspace.workspaceId,
    workspace,
    phase: 'running',
    phaseBefore: null,
    operation: null,
    launchId: 'launch-1',
    fingerprint: 'fingerprint',
    key: activeKey('AKIAKEY1', '2026-01-01T00:00:00.000Z'),
    steps: [],
    resources: [],
    resolved: null,
    nextflowConfig: null,
    error: null,
    leftovers: [],
    unfinished: [],
    unrestored: [],
    remedy: null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    disposedAt: null,
    ...rest,
  };
};
