/** The key that a workspace has when an operation fails that was to give it another one. */
import { log } from '@temporalio/workflow';
import type { Timing } from '#domain/core/timing.ts';
import type { RecordChange, WorkspaceRecord } from '#domain/workspace/record.ts';
import type { WorkspacePlan } from '#domain/workspace/specs.ts';
import { look, undo } from '../kernel/calls.ts';
import type { Failed } from '../kernel/saga.ts';
import { inOneStep } from '../kernel/step.ts';
import { accessKey } from '../steps/access-key.ts';

interface KeyBefore {
  readonly plan: Pick<WorkspacePlan, 'access-key'>;
  readonly timing: Timing;
  /** That the record named. */
  readonly key: WorkspaceRecord['key'];
  /** Undos that ended badly. */
  readonly failed: readonly Failed[];
  /** It falls back on a workspace that runs: a key that nobody had seen is replaced by another. */
  readonly mayMake: boolean;
}

/**
 * The record never names a key that is gone: where the operation took it away to make room for its own, another one stands
 * in. Where that can't be found out, the record keeps what it says: a key that went was taken out of it before.
 */
export const keyToFallBackOn = async ({
  plan,
  timing,
  key,
  failed,
  mayMake,
}: KeyBefore): Promise<Pick<RecordChange, 'key'>> => {
  if (!key) return { key };
  const spec = plan['access-key'];
  // What could not be removed of this operation's keys is removed later, and a key made now would pass for one of them.
  const isClean = !failed.some(({ step }) => step === accessKey.name);
  try {
    return await inOneStep('access-key', timing, async () => {
      const again = await undo.restoreAccessKey(spec, key, mayMake && isClean);
      if (again === null || again.id === key.id) return { key: again };
      // Whether it is known everywhere yet, is for whoever claims it to find out where it can't be found out here.
      await look.awaitAccessKeyUsable(spec, again.id).catch(() => undefined);
      return { key: again };
    });
  } catch (error) {
    log.error('the key could not be put back', { reason: String(error) });
    return {};
  }
};
