/** What a call that came to its deadline is told with, as the server tells of it. */
import { readFileSync } from 'node:fs';
import { ActivityFailure, DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { causeOf } from '../../src/workflows/kernel/call-failure.ts';

const HISTORY = new URL('../replay/histories/terminate-dispose-incomplete.json', import.meta.url);

interface TimedOut {
  readonly activityTaskTimedOutEventAttributes?: { readonly failure: object };
}

/** As it stands in the history, with the enums by their numbers. */
const timedOutThere = () => {
  const { events } = JSON.parse(readFileSync(HISTORY, 'utf8')) as { readonly events: readonly TimedOut[] };
  const [failure] = events.flatMap(({ activityTaskTimedOutEventAttributes: told }) => (told ? [told.failure] : []));
  return { ...failure, timeoutFailureInfo: { timeoutType: 3 } };
};

test('a deadline says what the last attempt had answered', () => {
  const cause = new DefaultFailureConverter().failureToError(timedOutThere(), defaultPayloadConverter);
  const failure = new ActivityFailure(
    'it failed',
    'deleteVpc',
    'network/deleteVpc/1',
    'MAXIMUM_ATTEMPTS_REACHED',
    'w',
    cause,
  );
  expect(causeOf(failure, { activity: 'deleteVpc', name: 'vpc-1' })).toMatchObject({
    type: 'Unavailable',
    message: expect.stringMatching(/^deleteVpc of vpc-1 did not finish in time; last answer: VPC vpc-\w+ is held by/),
  });
});
