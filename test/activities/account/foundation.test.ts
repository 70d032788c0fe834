/** Which run of the foundation a launch believes: every way in which one ends, begun before the launch asked or after. */
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, test } from 'vitest';
import { foundationActivities } from '#activities/account/foundation.ts';
import type { ActivityDeps } from '#activities/deps.ts';
import { FAILURES, type FailureCode, fail } from '#domain/core/failures.ts';
import { DEFAULT_TIMING } from '#domain/core/timing.ts';
import { planWorkspace } from '#domain/workspace/plan.ts';
import { aWorkspace } from '../../domain/workspace-input.ts';

const ASKED = Date.parse('2026-01-01T12:00:00.000Z');
const MADE = { instanceProfileArn: 'arn:profile', kmsKeyArn: 'arn:key', bucket: 'b' };
const plan = planWorkspace({ workspace: aWorkspace({}), launchId: 'launch', timing: DEFAULT_TIMING });

interface Run {
  readonly status: string;
  readonly startedAt: number;
  /** What `result` ends with, where that is no success. */
  readonly cause?: Error;
  /** What its calls have answered so far. */
  readonly heard?: readonly object[];
}

/** One look in a world in which this is the last run. */
const lookAt = async (run: Run | undefined) => {
  const started: string[] = [];
  const handle = {
    describe: async () => {
      if (!run) throw new WorkflowNotFoundError('none', 'w', undefined);
      const { status, startedAt, heard } = run;
      const raw = { pendingActivities: heard?.map((lastFailure) => ({ lastFailure })) };
      return { runId: 'r', taskQueue: 'test', status: { name: status }, startTime: new Date(startedAt), raw };
    },
    result: async () => {
      if (run?.status === 'COMPLETED') return MADE;
      throw new WorkflowFailedError('it failed', run?.cause, undefined as never);
    },
  };
  const workflow = { getHandle: () => handle, start: async (type: string) => started.push(type) };
  const deps = { temporal: { workflow } as unknown as Client, timing: DEFAULT_TIMING } as ActivityDeps;
  const { joinFoundation } = foundationActivities(deps);
  const environment = new MockActivityEnvironment({ scheduledTimestampMs: ASKED });
  const outcome = await environment.run(joinFoundation, plan.foundation).then(
    () => 'taken' as const,
    (error: unknown) => (error instanceof ApplicationFailure ? (error.type ?? '') : String(error)),
  );
  return { outcome, started };
};

const failed = (code: FailureCode): Run => ({ status: 'FAILED', startedAt: 0, cause: fail(code, 'told to fail') });
const ENDS: readonly (readonly [string, Run])[] = [
  ['COMPLETED', { status: 'COMPLETED', startedAt: 0 }],
  ['CANCELLED', { status: 'CANCELLED', startedAt: 0, cause: new CancelledFailure('cancelled') }],
  ['TERMINATED', { status: 'TERMINATED', startedAt: 0, cause: new TerminatedFailure('terminated') }],
  ['TIMED_OUT', { status: 'TIMED_OUT', startedAt: 0, cause: new Error('timed out') }],
  ...(Object.keys(FAILURES) as FailureCode[]).map((code) => [`FAILED with ${code}`, failed(code)] as const),
];

describe('a run that began before this launch asked', () => {
  test.each(ENDS)('and has %s is nobody’s answer: another one is started', async (_end, run) => {
    for (const startedAt of [ASKED - 1, ASKED - 86_400_000]) {
      const { outcome, started } = await lookAt({ ...run, startedAt });
      expect({ outcome, started }).toEqual({ outcome: 'NotYet', started: ['accountFoundation'] });
    }
  });
});

describe('a run that began after this launch asked', () => {
  const isRefusal = ({ cause }: Run) => cause instanceof ApplicationFailure && cause.nonRetryable === true;
  const refusals = ENDS.filter(([, run]) => isRefusal(run));

  test('and was completed is its answer', async () => {
    for (const startedAt of [ASKED, ASKED + 1])
      expect(await lookAt({ status: 'COMPLETED', startedAt })).toEqual({ outcome: 'taken', started: [] });
  });

  test.each(refusals)('and has %s is refused for good, and so is the launch', async (_end, run) => {
    const { outcome, started } = await lookAt({ ...run, startedAt: ASKED + 1 });
    expect({ outcome, started }).toEqual({ outcome: (run.cause as ApplicationFailure).type, started: [] });
  });

  const others = ENDS.filter(([end, run]) => end !== 'COMPLETED' && !isRefusal(run));
  test.each(others)('and has %s says nothing of the account: another one is started', async (_end, run) => {
    const { outcome, started } = await lookAt({ ...run, startedAt: ASKED + 1 });
    expect({ outcome, started }).toEqual({ outcome: 'NotYet', started: ['accountFoundation'] });
  });

  test('there are ends of both kinds', () => {
    expect([refusals.length, others.length].every((count) => count > 3)).toBe(true);
  });
});

test.each([ASKED - 1, ASKED + 1])('a run under way is waited for, and none is started beside it', async (startedAt) => {
  for (const status of ['RUNNING', 'PAUSED'])
    expect(await lookAt({ status, startedAt })).toEqual({ outcome: 'NotYet', started: [] });
});

test('where none ever ran, one is started', async () => {
  expect(await lookAt(undefined)).toEqual({ outcome: 'NotYet', started: ['accountFoundation'] });
});

describe('a run under way that is held up', () => {
  const heldUpBy = (...heard: object[]) => lookAt({ status: 'RUNNING', startedAt: ASKED, heard });
  const heard = (type: string, message: string) => ({ message, applicationFailureInfo: { type } });

  test('is waited for under the code of what it has heard', async () => {
    expect(await heldUpBy({}, heard('Throttled', 'Rate exceeded'))).toEqual({ outcome: 'Throttled', started: [] });
    expect(await heldUpBy(heard('NotYet', 'not known yet'))).toEqual({ outcome: 'NotYet', started: [] });
  });

  test('by a call that nobody ended is not at AWS’s work', async () => {
    const lost = { message: 'activity StartToClose timeout', timeoutFailureInfo: {} };
    expect(await heldUpBy(lost)).toEqual({ outcome: 'Unavailable', started: [] });
  });
});
