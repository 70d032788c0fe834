/** Workflows for the tests of steps alone: one makes a step of a compute environment, or takes it back. */
import { CancellationScope } from '@temporalio/workflow';
import type { Timing } from '#domain/core/timing.ts';
import type { Progress } from '#workflows/kernel/progress.ts';
import { Saga } from '#workflows/kernel/saga.ts';
import { type AnyStep, disposal, inOneStep, newStepRun } from '#workflows/kernel/step.ts';
import { canaryOf } from '#workflows/steps/canary.ts';
import { forgeLaunchTemplate } from '#workflows/steps/forge-launch-template.ts';
import { executionRole, fleetRole, instanceRole, serviceRole } from '#workflows/steps/forge-roles.ts';
import { jobDefinitions } from '#workflows/steps/job-definitions.ts';
import { poolEnvironment } from '#workflows/steps/pool-environment.ts';
import { poolQueue } from '#workflows/steps/pool-queue.ts';
import { schedulingPolicy } from '#workflows/steps/scheduling-policy.ts';

const POOL = 'work';

const STEPS = {
  serviceRole,
  fleetRole,
  executionRole,
  instanceRole,
  schedulingPolicy,
  forgeLaunchTemplate,
  jobDefinitions,
  environment: poolEnvironment(POOL),
  queue: poolQueue(POOL),
  canary: canaryOf(POOL),
} as const;

export type StepName = keyof typeof STEPS;

export interface Play {
  readonly step: StepName;
  readonly way: 'make' | 'undo' | 'remaining';
  readonly spec: unknown;
  readonly needs: object;
  readonly timing: Timing;
}

export async function playStep({ step: name, way, spec, needs, timing }: Play): Promise<unknown> {
  const step = STEPS[name] as unknown as AnyStep;
  return await inOneStep(step.name, timing, async () => {
    if (way === 'make') return await step.make(spec, needs);
    if (way === 'undo') return await step.undo?.(spec, disposal);
    return (await Promise.all((step.remaining?.(spec) ?? []).map(({ look }) => look('owner')))).flat();
  });
}

/** Which steps are undone of a saga of which the undo of `failing` fails: the steps in the order in which they are made. */
export async function unwind(steps: readonly HeldStep[], failing: string): Promise<readonly string[]> {
  const undone: string[] = [];
  const progress = {
    of: newStepRun,
    execute: (_run: unknown, _expectedMs: number, _undoing: boolean, work: () => Promise<unknown>) => work(),
  } as unknown as Progress;
  const saga = new Saga(progress, new CancellationScope());
  for (const { name, heldBy, isListed } of steps) {
    const step = {
      ...{ name, heldBy, expectedMs: 1 },
      make: async () => undefined,
      async undo() {
        if (name === failing) throw new Error('AWS refuses it');
        undone.push(name);
      },
      ...(isListed && { remaining: () => [] }),
    };
    await saga.run(step, null, {});
  }
  await saga.unwind();
  return undone;
}

export interface HeldStep {
  readonly name: string;
  readonly heldBy: readonly string[];
  /** What is there of it can be listed as left over. */
  readonly isListed: boolean;
}
