import type { BucketKey } from '#domain/resources/storage.ts';
import { type SetUpInput, type SetUpResult, STORAGE_REMOVALS } from '#domain/storage/input.ts';
import { planStorage, type StoragePlan } from '#domain/storage/plan.ts';
import { storageSubject } from '#domain/storage/subject.ts';
import { provision } from '../kernel/provision.ts';
import type { Saga } from '../kernel/saga.ts';
import { isPlanned } from '../kernel/step.ts';
import { access } from '../steps/access.ts';
import { encryptionKey } from '../steps/encryption-key.ts';
import { ownBucket } from '../steps/own-bucket.ts';
import { PHASE_WHILE } from './phases.ts';
import { StorageProgress } from './progress.ts';
import { publishStorage } from './publish.ts';
import { openSetUp } from './set-up-record.ts';
import { SET_UP } from './steps.ts';

/**
 * Makes a user's storage, or takes back what it made; what is there already is converged, property by property.
 *
 * @throws the failure of the first step that failed; CompensationIncomplete where something could not be taken back.
 */
export async function setUpStorage(input: SetUpInput): Promise<SetUpResult> {
  const { storage, setUpId, requestedBy, timing } = input;
  const plan = planStorage(storage, setUpId);
  const steps = SET_UP.filter((step) => isPlanned(plan, step));
  const progress = new StorageProgress({ storage, steps, phase: 'setting-up', requestedBy, timing });
  return await provision({
    progress,
    made: 'ready',
    modes: STORAGE_REMOVALS,
    whileTerminating: PHASE_WHILE,
    open: () => openSetUp({ input, plan, progress }),
    make: (setUp) => makeStorage(setUp, plan, input, progress),
    terminate: (pending) => pending.goOn('deleteStorage', { storage, timing }),
  });
}

/** What needs what: a step starts as soon as the results that it takes are there. */
async function makeStorage(
  setUp: Pick<Saga, 'run'>,
  plan: StoragePlan,
  { storage }: SetUpInput,
  progress: StorageProgress,
): Promise<SetUpResult> {
  const key: Promise<BucketKey> = setUp.run(encryptionKey, plan['encryption-key'], {});
  const bucket = setUp.run(ownBucket, plan.bucket, { key });
  const granted = plan.access && setUp.run(access, plan.access, {});
  const shown = { resources: () => progress.resources(), ended: () => progress.ended(publishStorage.name) };
  await setUp.run(publishStorage, { subject: storageSubject(storage), ...shown }, { key, bucket, granted });
  const { arn } = await key;
  progress.keyIs(arn);
  return { bucket: storage.bucket, kmsKeyArn: arn };
}
