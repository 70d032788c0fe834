import { sleep } from '@temporalio/workflow';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import type { Timing } from '#domain/timing.ts';
import { undo } from '../kernel/calls.ts';
import { inOneStep } from '../kernel/step.ts';

export interface RetireKeyInput {
  readonly spec: AccessKeySpec;
  readonly accessKeyId: string;
  readonly timing: Timing;
}

/** Lets an earlier key work on for its grace and for as long as somebody uses it, then deactivates and deletes it. */
export async function retireAccessKey({ spec, accessKeyId, timing }: RetireKeyInput): Promise<void> {
  await sleep(timing.keyGraceMs, { summary: `grace of ${accessKeyId}` });
  await inOneStep('retire-key', timing, () => undo.retireAccessKey(spec, accessKeyId, timing.keyGraceMs));
}
