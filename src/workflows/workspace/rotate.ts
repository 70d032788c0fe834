import type { RotateInput, RotateResult } from '#domain/workspace/rotation.ts';
import { provision } from '../kernel/provision.ts';
import { accessKey } from '../steps/access-key.ts';
import { PHASE_WHILE } from './phases.ts';
import { workspaceProgress } from './progress.ts';
import { publishKey } from './publish-key.ts';
import { openRotation, othersThan } from './rotate-record.ts';
import { ROTATE } from './steps.ts';

/**
 * Gives a running workspace another key: made, sealed and proved to work before the record names it. Earlier keys work on
 * for a grace. Whatever fails, the workspace keeps the key that it has.
 *
 * @throws KeyInUse where it has two keys already that somebody uses; NotReady where the workspace does not run.
 */
export async function rotateKeys(input: RotateInput): Promise<RotateResult> {
  const { subject, rotationId, timing } = input;
  const progress = workspaceProgress({ subject, steps: ROTATE, phase: 'running', timing });
  return await provision({
    progress,
    made: 'running',
    whileTerminating: PHASE_WHILE,
    open: () => openRotation(input, progress),
    make: async (rotation, { plan, record }) => {
      const spec = plan['access-key'];
      const before = { leftovers: record.leftovers, unfinished: othersThan(rotationId, record) };
      const key = rotation.run(accessKey, spec, {});
      await rotation.run(publishKey, { input, spec, before, ended: () => progress.ended(publishKey.name) }, { key });
      const { accessKeyId } = await key;
      return { accessKeyId };
    },
    terminate: (pending) => pending.goOn('terminateWorkspace', { subject, timing }),
  });
}
