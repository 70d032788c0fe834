/**
 * Stories of an operator who presses an exit while one attempt of one activity is under way. Each is a workflow of its
 * own with fake activities of its own, all on one worker, so that many of them can wait side by side.
 */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { expect } from 'vitest';
import { fail, notYet } from '#domain/core/failures.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { createFakes } from './fake-activities.ts';
import type { Rig } from './workflow-rig.ts';
import { aLaunch, failureOf, startLaunch, startTerminate, viewOf } from './workspace-runs.ts';

export type Fakes = ReturnType<typeof createFakes>;

export const DIRECTIONS = ['launch', 'unwind', 'park', 'dispose'] as const;
export type Direction = (typeof DIRECTIONS)[number];

const never = (): Promise<never> =>
  new Promise((_, reject) => {
    // Nobody hears it any more, but the worker can stop.
    onTestEnd.add(() => reject(new CancelledFailure('the test is over')));
  });
const onTestEnd = new Set<() => void>();

/** How an attempt ends that is under way when the exit is pressed. */
export const ENDS = {
  succeeds: undefined,
  'is refused': async () => {
    throw fail('Denied', 'refused while an operator was at it');
  },
  'is throttled': async () => {
    throw fail('Throttled', 'throttled while an operator was at it');
  },
  'is told to wait': async () => {
    throw notYet('not yet', 60_000);
  },
  'is cancelled': () => Context.current().cancelled,
  /** Its worker is gone: no beat, no answer. */
  dies: () => {
    Object.assign(Context.current(), { heartbeat: () => undefined });
    return never();
  },
  /** The worker lives, and the call never comes back. */
  hangs: never,
} as const satisfies Record<string, (() => Promise<unknown>) | undefined>;
export type End = keyof typeof ENDS;

/** Fake activities that ask by workflow which fakes are theirs. */
export const fakesByWorkflow = () => {
  const byWorkflow = new Map<string, Fakes>();
  const activities = {
    default: async (...args: never[]) => {
      const { workflowId } = Context.current().info.workflowExecution ?? { workflowId: '' };
      return await byWorkflow.get(workflowId)?.activities.default(...args);
    },
  };
  const fakesFor = ({ workspace }: LaunchInput): Fakes => {
    const fakes = createFakes();
    byWorkflow.set(subjectWorkflowId(workspaceSubject(workspace)), fakes);
    return fakes;
  };
  return { activities, fakesFor };
};

/** Attempts that never come back are let go before their worker stops. */
export const letGo = (): void => {
  for (const go of onTestEnd) go();
  onTestEnd.clear();
};

/** A workspace that goes in this direction. It is there before it is parked or disposed of. */
export const goes = async (rig: Rig, direction: Direction, fakesFor: (input: LaunchInput) => Fakes) => {
  const input = aLaunch();
  const fakes = fakesFor(input);
  const start = async () => {
    switch (direction) {
      case 'launch':
        return await startLaunch(rig, input);
      case 'unwind': {
        const { end } = fakes.catch('publish/changeRecord');
        end(async () => {
          throw fail('Denied', 'the last step is refused');
        });
        return await startLaunch(rig, input);
      }
      case 'park':
      case 'dispose':
        return await startTerminate(rig, input, direction);
    }
  };
  if (direction === 'park' || direction === 'dispose') {
    await (await startLaunch(rig, { ...input, launchId: randomUUID() })).result();
    fakes.callsByStep.length = 0;
  }
  return { input, fakes, start };
};

/** Calls that belong to no step that an operator sees. */
const OF_NO_STEP = ['record', 'leftovers'];

/** Every call of every step in this direction, each once: `<step>/<activity>`. */
export const callsOf = async (
  rig: Rig,
  direction: Direction,
  fakesFor: (input: LaunchInput) => Fakes,
): Promise<string[]> => {
  const { fakes, start } = await goes(rig, direction, fakesFor);
  await (await start()).result().catch(() => undefined);
  const all = [...new Set(fakes.callsByStep)].filter((call) => !OF_NO_STEP.includes(call.split('/')[0] ?? ''));
  if (direction !== 'unwind') return all;
  const forward = await callsOf(rig, 'launch', fakesFor);
  return all.filter((call) => !forward.includes(call));
};

export interface Story {
  readonly direction: Direction;
  /** `<step>/<activity>`: its first attempt is under way when the exit is pressed. */
  readonly call: string;
  readonly exit: 'retry' | 'abandon';
  readonly end: End;
}

const REASON = 'no use';
/** Places in quotas are no resource: the allocator counts what is there. */
const isResource = (id: string): boolean => !/^Slot( |$)/.test(id);

/** Plays it, and checks that what the operator was promised has come true. */
export const play = async (
  rig: Rig,
  fakesFor: (input: LaunchInput) => Fakes,
  { direction, call, exit, end }: Story,
): Promise<void> => {
  const { fakes, start } = await goes(rig, direction, fakesFor);
  const step = call.split('/')[0] ?? '';
  const caught = fakes.catch(call);
  const handle = await start();
  await caught.met;
  const update = exit === 'retry' ? 'retryNow' : 'abandonStep';
  const answer = await handle.executeUpdate(update, {
    args: [{ step, ...(exit === 'abandon' && { reason: REASON }) }],
  });
  if (exit === 'retry') expect(answer).toEqual({ retried: [step] });
  caught.end(ENDS[end]);

  const left = () => fakes.existing().filter(isResource);
  const leftovers = () => fakes.record()?.leftovers ?? [];
  const stateOf = async () => (await viewOf(handle)).steps.find(({ name }) => name === step)?.state;
  if (direction === 'launch') {
    if (exit === 'retry') {
      expect(await handle.result()).toMatchObject({ accessKeyId: expect.any(String) });
      expect(fakes.record()).toMatchObject({ phase: 'running', error: null });
      return;
    }
    const failure = await failureOf(handle);
    expect(failure.message).toBe(`${step}: abandoned by an operator: ${REASON}`);
    expect(fakes.existing()).toEqual([]);
    expect(fakes.record()).toMatchObject({ phase: 'failed', leftovers: [], error: { code: 'StepAbandoned', step } });
    return;
  }
  if (direction === 'unwind') {
    const failure = await failureOf(handle);
    expect(failure.message).toContain('the last step is refused');
    expect(
      leftovers()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(left());
    expect(failure.type).toBe(left().length > 0 ? 'CompensationIncomplete' : 'Denied');
    if (exit === 'retry') expect(left()).toEqual([]);
    else expect(await stateOf()).toBe('abandoned');
    return;
  }
  if (exit === 'retry') {
    expect(await handle.result()).toEqual({ mode: direction, residue: [] });
    expect(fakes.record()).toMatchObject({ phase: direction === 'park' ? 'parked' : 'disposed', error: null });
    if (direction === 'dispose') expect(fakes.existing()).toEqual([]);
    return;
  }
  await handle.result().catch(() => undefined);
  expect(await stateOf()).toBe('abandoned');
  if (direction === 'dispose')
    expect(
      leftovers()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(left());
  else for (const { id, name } of leftovers()) expect(id ?? name).toEqual(expect.any(String));
};
