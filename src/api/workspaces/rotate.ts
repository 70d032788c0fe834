/** Another key for a workspace that runs. */
import { randomUUID } from 'node:crypto';
import type { Timing } from '#domain/core/timing.ts';
import { credentialFormOf } from '#domain/workspace/input.ts';
import type { RotateInput } from '#domain/workspace/rotation.ts';
import type { ControlStore } from '../ports.ts';
import { ApiProblem } from '../problems.ts';
import { operationOf } from '../subjects/enrich.ts';
import { requireOwn } from '../subjects/own.ts';
import { credentialOf } from './credential.ts';
import { type LocatedWorkspace, rotationOf, type WorkspaceOperations, type WorkspaceRun } from './kind.ts';

export interface RotateParts {
  readonly operations: Pick<WorkspaceOperations, 'start'>;
  readonly credentials: Pick<ControlStore['credentials'], 'stateOf'>;
  readonly timing: Timing;
}

/** Joins a rotation that is in progress; does nothing where the key has not been claimed yet, but by an operator's word. */
export type Rotate = (located: LocatedWorkspace, force: boolean, requestedBy: string) => Promise<void>;

/** @throws NotReady where it does not run; OperationInProgress while something else goes on with it. */
export const createRotate =
  ({ operations, credentials, timing }: RotateParts): Rotate =>
  async (located, force, requestedBy) => {
    const { id, subject, run, record } = located;
    if (run?.running) return requireRotation(id, run, force);
    if (record?.phase !== 'running') {
      throw new ApiProblem('NotReady', `${id} has no key to rotate: it is ${record?.phase ?? 'failed'}`, {
        operation: null,
      });
    }
    if (credentialFormOf(record.workspace) === 'refreshing') {
      throw new ApiProblem('NotReady', `${id} has no key to rotate: its credentials refresh by themselves`, {
        operation: null,
      });
    }
    if (!force && (await credentialOf(credentials, record)).state === 'claimable') return;
    const input: RotateInput = { subject, rotationId: randomUUID(), force, requestedBy, timing };
    if (await operations.start(rotationOf(located, input))) return;
    throw new ApiProblem('OperationInProgress', `another operation of ${id} started at the same moment; try again`);
  };

const requireRotation = (id: string, run: WorkspaceRun, force: boolean): void => {
  requireOwn(run);
  if (run.type === 'rotateKeys' && run.phase === 'running' && !force) return;
  throw new ApiProblem('OperationInProgress', `${run.type} of ${id} is in progress: wait until it ends`, {
    operation: operationOf(run),
  });
};
