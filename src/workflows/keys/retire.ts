import { CancellationScope, condition, defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { KEY_UNUSED_MS } from '#domain/core/access-key.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { AccessKeySpec } from '#domain/resources/identity.ts';
import { undo } from '../kernel/calls.ts';
import { inOneStep } from '../kernel/step.ts';

export interface RetireKeyInput {
  readonly spec: AccessKeySpec;
  readonly accessKeyId: string;
  readonly timing: Timing;
  /** Another key took its place while it was in use. `force`: an operator's word that it may go although it is used. */
  readonly rotated?: { readonly force: boolean };
}

/** An operator's word, for one that waits. */
export const retireUsedSignal = defineSignal('retireUsed');

/** Lets an earlier key work on for its grace and for as long as somebody uses it, then deactivates and deletes it. */
export async function retireAccessKey(input: RetireKeyInput): Promise<void> {
  const { spec, accessKeyId, timing, rotated } = input;
  let force = rotated?.force ?? false;
  setHandler(retireUsedSignal, () => {
    force = true;
  });
  await sleep(timing.keyGraceMs, { summary: `grace of ${accessKeyId}` });
  if (!rotated) {
    await inOneStep('retire-key', timing, () => undo.retireAccessKey(spec, accessKeyId, timing.keyGraceMs));
    return;
  }
  await untilUnused(input, () => force);
  await inOneStep('retire-key', timing, () => undo.deactivateAccessKey(spec, accessKeyId));
  // Whoever still needs it says so now, while an operator can activate it again.
  await sleep(timing.keyGraceMs, { summary: `second grace of ${accessKeyId}, deactivated` });
  await inOneStep('retire-key', timing, () => undo.retireAccessKey(spec, accessKeyId, 0));
}

/** Until nobody has used it for a day, or an operator says that it may go. */
const untilUnused = async ({ spec, accessKeyId, timing }: RetireKeyInput, isForced: () => boolean): Promise<void> => {
  if (isForced()) return;
  const waiting = new CancellationScope();
  const unused = waiting.run(() =>
    inOneStep('retire-key', timing, () => undo.awaitAccessKeyUnused(spec, accessKeyId, KEY_UNUSED_MS)),
  );
  await Promise.race([unused, condition(isForced)]);
  if (!isForced()) return;
  waiting.cancel();
  await unused.catch(() => undefined);
};
