/** Finds a workspace by what is known of it: its latest workflow run and its record. */
import type { SubjectRef } from '#domain/core/subject.ts';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { parseWorkspaceId } from '#domain/workspace/subject.ts';
import type { WorkspaceRun, WorkspaceWorkflows } from '#temporal/workspaces.ts';
import type { ControlStore } from '../ports.ts';

export interface Located {
  readonly id: string;
  readonly subject: SubjectRef;
  /** Raw, as the record (or before there is one, the run) has it. */
  readonly user: string;
  readonly record: WorkspaceRecord | undefined;
  readonly run: WorkspaceRun | undefined;
}

export const createLocate =
  (
    workflows: Pick<WorkspaceWorkflows, 'describe'>,
    records: Pick<ControlStore['records'], 'read'>,
    environment: string,
  ) =>
  async (id: string): Promise<Located | undefined> => {
    const subject = parseWorkspaceId(id);
    if (!subject || subject.environment !== environment) return undefined;
    // In this order: a run that has ended wrote its record before, so a record read afterwards is not older.
    let run = await workflows.describe(subject);
    const record = (await records.read(subject))?.record;
    if (record?.operation && !run?.running && record.operation.runId !== run?.runId) {
      // An operation began between the two reads, or its run was lost: only a second look can tell.
      run = await workflows.describe(subject);
    }
    return known({ id, subject, record, run });
  };

const known = ({ record, run, ...rest }: Omit<Located, 'user'>): Located | undefined => {
  if (!record) return run && isWorthShowing(run) ? { ...rest, record, run, user: run.memo.user } : undefined;
  const user = record.workspace.user;
  // Escaping is not one-to-one: a run for another user of the same escaped name will end in Conflict and is not shown.
  const ours = run && run.memo.user === user ? run : undefined;
  return { ...rest, record, run: ours, user };
};

/** A launch that runs, or ended before it could open a record. Other runs without one are of a forgotten workspace. */
const isWorthShowing = ({ running, type, status }: WorkspaceRun): boolean =>
  running || (type === 'launchWorkspace' && status !== 'COMPLETED');
