import { continueAsNew, log, sleep } from '@temporalio/workflow';
import { fail } from '#domain/core/failures.ts';
import { subjectId } from '#domain/core/subject.ts';
import type { ExpireKeysInput, ExpiryCounts } from '#domain/keys/expiry.ts';
import { find, mutate } from '../kernel/calls.ts';
import { scheduledTime } from '../kernel/scheduled-time.ts';
import { inOneStep } from '../kernel/step.ts';

const LISTED_MAX = 50;

/**
 * Expires the keys of all users and replaces system keys in time, a page of holders a run, and slowly enough for IAM.
 * Decides by the time for which it was scheduled, so that a late run does what the missed one would have done.
 *
 * @throws Unavailable, once all were looked at, where some could not be looked after
 */
export async function expireKeys(input: ExpireKeysInput): Promise<ExpiryCounts> {
  const { environment, settings, perSecond, timing, soFar } = input;
  const at = soFar?.at ?? scheduledTime();
  let { looked, changed, failed, failures } = soFar ?? { looked: 0, changed: 0, failed: [], failures: 0 };
  const { holders, nextCursor } = await inOneStep('holders', timing, () =>
    find.findKeyHolders(environment, soFar?.cursor ?? null),
  );
  for (const subject of holders) {
    const outcome = await inOneStep('keys', timing, () => mutate.ensureKeysLookedAfter({ subject, at, settings }));
    looked += 1;
    if (outcome.type === 'changed') changed += 1;
    if (outcome.type === 'failed') {
      failures += 1;
      failed = [...failed, `${subjectId(subject)}: ${outcome.why}`].slice(0, LISTED_MAX);
      log.warn('the keys of a holder could not be looked after', { holder: subjectId(subject), why: outcome.why });
    }
    await sleep(1000 / perSecond, { summary: `at most ${perSecond} holders a second` });
  }
  const counts = { at, looked, changed, failed, failures };
  if (nextCursor !== null)
    await continueAsNew<typeof expireKeys>({ ...input, soFar: { ...counts, cursor: nextCursor } });
  if (failures > 0) {
    throw fail(
      'Unavailable',
      `the keys of ${failures} of ${looked} holders could not be looked after: ${failed.join('; ')}`,
    );
  }
  return counts;
}
