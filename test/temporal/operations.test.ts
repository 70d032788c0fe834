import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, defineSearchAttributeKey, RetryState } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { fail } from '#domain/core/failures.ts';
import { SUBJECT_KINDS, type SubjectRef, subjectWorkflowId } from '#domain/core/subject.ts';
import { createOperations } from '#temporal/operations.ts';
import type { OperationKind } from '#temporal/run.ts';
import { runningOperations } from '#temporal/running-operations.ts';

const SUBJECT: SubjectRef = { kind: 'compute-environment', environment: 'brh', name: 'spot' };
const MEMO = { account: '111122223333', region: 'us-east-1', requestedBy: 'operator:olga' };
const RUN = { workflowId: 'compute-environment/brh/spot', runId: 'run-1' };
const QUEUE = 'eyrie/brh/control';

type Call = readonly unknown[];

/** A client whose calls answer as a test says; what was called, in order. */
const clientOf = (answers: Record<string, (...args: never[]) => unknown>) => {
  const calls: Record<string, Call[]> = {};
  const note = (name: string, args: Call): void => {
    calls[name] = [...(calls[name] ?? []), args];
  };
  const answer =
    (name: string) =>
    async (...args: unknown[]) => {
      note(name, args);
      const say = answers[name];
      if (!say) throw new Error(`${name} is not expected`);
      return say(...(args as never[]));
    };
  const client = {
    withDeadline: async (_until: number, call: () => Promise<unknown>) => call(),
    workflow: {
      start: answer('start'),
      getHandle: (...of: unknown[]) => {
        note('getHandle', of);
        return Object.fromEntries(['describe', 'result', 'query', 'executeUpdate'].map((name) => [name, answer(name)]));
      },
    },
  };
  return { operations: createOperations<OperationKind>(client as unknown as Client, QUEUE), calls };
};

const throwing = (error: unknown) => () => {
  throw error;
};

const START = { subject: SUBJECT, type: 'makeIt', input: { a: 1 }, memo: MEMO, phase: 'making', summary: 'make' };
const STARTED = new WorkflowExecutionAlreadyStartedError('it runs', RUN.workflowId, 'makeIt');
const GONE = new WorkflowNotFoundError('no such workflow', RUN.workflowId, undefined);
const LATE = new WorkflowUpdateRPCTimeoutOrCancelledError('late');
const refusedWith = (cause: Error) => new WorkflowUpdateFailedError('refused', cause);
const failedWith = (cause: Error | undefined) =>
  new WorkflowFailedError('failed', cause, RetryState.NON_RETRYABLE_FAILURE);

describe('start', () => {
  test('is at its own workflow id, on the task queue of this installation, and says so to operators', async () => {
    const { operations, calls } = clientOf({ start: () => ({ firstExecutionRunId: 'run-1' }) });
    expect(await operations.start(START)).toEqual(RUN);
    const [type, options] = calls.start?.[0] ?? [];
    expect(type).toBe('makeIt');
    expect(options).toMatchObject({
      workflowId: 'compute-environment/brh/spot',
      taskQueue: QUEUE,
      args: [{ a: 1 }],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: MEMO,
      staticSummary: 'make',
      staticDetails: 'Compute environment **brh.spot** in account 111122223333, us-east-1. Asked for by operator:olga.',
    });
    const attributes = (options as { typedSearchAttributes: { key: { name: string }; value: unknown }[] })
      .typedSearchAttributes;
    expect(Object.fromEntries(attributes.map(({ key, value }) => [key.name, value]))).toEqual({
      EyriePhase: 'making',
      EyrieAccount: '111122223333',
      EyrieEnvironment: 'brh',
    });
  });

  test.each(SUBJECT_KINDS)('of a %s is at an id that no other kind has', async (kind) => {
    const { operations } = clientOf({ start: () => ({ firstExecutionRunId: 'run-1' }) });
    const subject = { ...SUBJECT, kind };
    expect((await operations.start({ ...START, subject }))?.workflowId).toBe(subjectWorkflowId(subject));
  });

  test('is undefined where another operation runs, and Unavailable where nobody answers', async () => {
    expect(await clientOf({ start: throwing(STARTED) }).operations.start(START)).toBeUndefined();
    const cut = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });
    await expect(clientOf({ start: throwing(cut) }).operations.start(START)).rejects.toMatchObject({
      type: 'Unavailable',
    });
  });
});

describe('a look into the list of what is under way', () => {
  const listing = (ids: readonly string[]) => ({
    withDeadline: async (_until: number, call: () => Promise<unknown>) => call(),
    workflow: {
      async *list({ query }: { query: string }) {
        expect(query).toBe("WorkflowId STARTS_WITH 'storage/brh/' AND ExecutionStatus = 'Running'");
        for (const workflowId of ids) yield { workflowId };
      },
    },
  });
  const namesOf = (client: object) =>
    createOperations<OperationKind>(client as Client, QUEUE).namesUnderWay({ kind: 'storage', environment: 'brh' });

  test('tells the names', async () => {
    expect(await namesOf(listing(['storage/brh/alice', 'storage/brh/b/c']))).toEqual(['alice', 'b/c']);
  });

  test('ends, however many there are', async () => {
    const many = Array.from({ length: 3_000 }, (_, nth) => `storage/brh/u${nth}`);
    expect(await namesOf(listing(many))).toHaveLength(2_000);
  });

  test('is Unavailable where nobody answers', async () => {
    const cut = Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: '', metadata: {} });
    const client = { ...listing([]), workflow: { list: throwing(cut) } };
    await expect(namesOf(client)).rejects.toMatchObject({ type: 'Unavailable' });
  });
});

describe('what the API counts of it', () => {
  const marks = (of: Record<string, unknown>) => ({ get: ({ name }: { name: string }) => of[name] });
  const now = Date.parse('2026-06-01T00:00:00Z');
  const client = (runs: readonly (readonly [age: number, of: Record<string, unknown>])[]) => ({
    withDeadline: async (_until: number, call: () => Promise<unknown>) => call(),
    workflow: {
      async *list() {
        for (const [age, of] of runs)
          yield {
            ...{ workflowId: 'workspace/brh/alice', typedSearchAttributes: marks(of) },
            startTime: new Date(now - age),
          };
      },
    },
  });
  const counted = (...runs: Parameters<typeof client>[0]) => runningOperations(client(runs) as never, 'brh', now);

  test('is stuck where no worker has begun it for half a minute', async () => {
    const launching = { EyriePhase: 'launching' };
    expect(await counted([31_000, launching], [29_000, launching], [31_000, {}])).toMatchObject([
      { kind: 'workspace', phase: 'launching', step: 'start', stuckSince: new Date(now - 31_000) },
      { phase: 'launching', stuckSince: null },
      { phase: '', stuckSince: null },
    ]);
  });

  test('is else as its workflow marks it', async () => {
    const stuckSince = new Date(now);
    const network = { EyriePhase: 'launching', EyrieStep: 'network' };
    const late = { ...network, EyrieStuckSince: stuckSince, EyrieErrorCode: 'Throttled' };
    expect(await counted([99_000, network], [99_000, late])).toMatchObject([
      { step: 'network', code: '', stuckSince: null },
      { step: 'network', code: 'Throttled', stuckSince },
    ]);
  });
});

describe('describe', () => {
  const PHASE = defineSearchAttributeKey('EyriePhase', 'KEYWORD');
  const described = (changes: Record<string, unknown> = {}) => ({
    ...RUN,
    type: 'makeIt',
    status: { name: 'RUNNING' },
    startTime: new Date('2026-01-01T00:00:00Z'),
    closeTime: undefined,
    memo: MEMO,
    typedSearchAttributes: { get: (key: typeof PHASE) => (key.name === PHASE.name ? 'making' : undefined) },
    taskQueue: QUEUE,
    raw: { pendingActivities: [{ activityId: 'network/ensureVpc/1', attempt: 3 }] },
    ...changes,
  });

  test('tells the latest run', async () => {
    const { operations, calls } = clientOf({ describe: () => described() });
    expect(await operations.describe(SUBJECT)).toEqual({
      ...RUN,
      type: 'makeIt',
      running: true,
      status: 'RUNNING',
      startedAt: '2026-01-01T00:00:00.000Z',
      closedAt: null,
      memo: MEMO,
      phase: 'making',
      unwindingSince: null,
      pending: [{ step: 'network', activity: 'ensureVpc', attempt: 3, since: expect.any(String), lastError: null }],
      foreignQueue: null,
    });
    expect(calls.getHandle).toEqual([['compute-environment/brh/spot']]);
  });

  test.each([
    ['PAUSED', true],
    ['COMPLETED', false],
    ['FAILED', false],
    ['TERMINATED', false],
  ])('%s: running is %s', async (name, running) => {
    const { operations } = clientOf({ describe: () => described({ status: { name } }) });
    expect(await operations.describe(SUBJECT)).toMatchObject({ running, status: name });
  });

  test('tells since when it takes back what it made', async () => {
    const since = new Date('2026-01-01T00:05:00Z');
    const get = ({ name }: { name: string }) => (name === 'EyrieUnwindingSince' ? since : undefined);
    const { operations } = clientOf({ describe: () => described({ typedSearchAttributes: { get } }) });
    expect(await operations.describe(SUBJECT)).toMatchObject({ unwindingSince: since.toISOString() });
  });

  test('names the task queue where it is not ours', async () => {
    const { operations } = clientOf({ describe: () => described({ taskQueue: 'eyrie/brh/another' }) });
    expect(await operations.describe(SUBJECT)).toMatchObject({ foreignQueue: 'eyrie/brh/another' });
  });

  test('is undefined where there is none, and no other error is taken for that', async () => {
    expect(await clientOf({ describe: throwing(GONE) }).operations.describe(SUBJECT)).toBeUndefined();
    const broken = new Error('broken');
    await expect(clientOf({ describe: throwing(broken) }).operations.describe(SUBJECT)).rejects.toBe(broken);
  });
});

describe('failureOf', () => {
  test('is what this very run failed with', async () => {
    const leftovers = [{ type: 'AWS::EC2::VPC', id: 'vpc-1', name: null, reason: 'denied' }];
    const cause = fail('CompensationIncomplete', 'left: vpc-1', { step: 'network', leftovers });
    const { operations, calls } = clientOf({ result: throwing(failedWith(cause)) });
    expect(await operations.failureOf(RUN)).toEqual({
      code: 'CompensationIncomplete',
      detail: 'left: vpc-1',
      step: 'network',
      leftovers,
    });
    expect(calls.getHandle).toEqual([[RUN.workflowId, RUN.runId, { followRuns: false }]]);
  });

  test('is undefined where it succeeded, or ended from outside', async () => {
    expect(await clientOf({ result: () => 1 }).operations.failureOf(RUN)).toBeUndefined();
    expect(await clientOf({ result: throwing(failedWith(undefined)) }).operations.failureOf(RUN)).toBeUndefined();
  });
});

test('progress is the view of the workflow, and undefined whatever keeps it from being told', async () => {
  const { operations, calls } = clientOf({ query: () => ({ phase: 'making' }) });
  expect(await operations.progress(RUN)).toEqual({ phase: 'making' });
  expect(calls.query).toEqual([['progress']]);
  for (const error of [GONE, new Error('no worker')])
    expect(await clientOf({ query: throwing(error) }).operations.progress(RUN)).toBeUndefined();
});

describe('requestTerminate', () => {
  const request = { mode: 'dispose', requestedBy: 'operator:olga' };

  test('is true once the workflow holds the wish', async () => {
    const { operations, calls } = clientOf({ executeUpdate: () => undefined });
    expect(await operations.requestTerminate(RUN, request)).toBe(true);
    expect(calls.executeUpdate).toEqual([['requestTerminate', { args: [request] }]]);
  });

  test.each([
    ['is gone', GONE],
    [
      'ended before it had answered',
      refusedWith(ApplicationFailure.create({ type: 'AcceptedUpdateCompletedWorkflow' })),
    ],
  ])('is false where the run %s', async (_, error) => {
    expect(await clientOf({ executeUpdate: throwing(error) }).operations.requestTerminate(RUN, request)).toBe(false);
  });

  test('fails as the workflow refused it, and as Unavailable where no worker took it in time', async () => {
    const refused = fail('Invalid', 'mode is park or dispose');
    const by = (error: Error) => clientOf({ executeUpdate: throwing(error) }).operations.requestTerminate(RUN, request);
    await expect(by(refusedWith(refused))).rejects.toBe(refused);
    await expect(by(LATE)).rejects.toMatchObject({ type: 'Unavailable' });
  });
});

describe('an operator', () => {
  test('retries a step, or all that wait', async () => {
    const { operations, calls } = clientOf({ executeUpdate: () => ({ retried: ['network'] }) });
    expect(await operations.retryNow(RUN, 'network', 'operator:o')).toEqual(['network']);
    expect(await operations.retryNow(RUN, undefined, 'operator:o')).toEqual(['network']);
    expect(calls.executeUpdate).toEqual([
      ['retryNow', { args: [{ step: 'network', requestedBy: 'operator:o' }] }],
      ['retryNow', { args: [{ requestedBy: 'operator:o' }] }],
    ]);
  });

  test('hears that nothing waits', async () => {
    const { operations } = clientOf({ executeUpdate: () => ({ retried: [] }) });
    await expect(operations.retryNow(RUN, undefined, 'operator:o')).rejects.toMatchObject({ type: 'NothingWaiting' });
  });

  test('gives a step up, with the reason', async () => {
    const { operations, calls } = clientOf({ executeUpdate: () => undefined });
    const asked = { step: 'network', reason: 'by hand', requestedBy: 'operator:o' };
    await operations.abandonStep(RUN, asked);
    expect(calls.executeUpdate).toEqual([['abandonStep', { args: [asked] }]]);
  });

  test('hears what the workflow says, that none runs, or that no worker answers', async () => {
    const refused = fail('NotAbandonable', "publish can't be abandoned");
    const cases = [
      [refusedWith(refused), { type: 'NotAbandonable', message: refused.message }],
      [GONE, { type: 'NotFound' }],
      [LATE, { type: 'Unavailable' }],
    ] as const;
    for (const [error, expected] of cases) {
      const { operations } = clientOf({ executeUpdate: throwing(error) });
      await expect(
        operations.abandonStep(RUN, { step: 'publish', reason: 'x', requestedBy: 'operator:o' }),
      ).rejects.toMatchObject(expected);
      await expect(operations.retryNow(RUN, 'publish', 'operator:o')).rejects.toMatchObject(expected);
    }
  });
});
