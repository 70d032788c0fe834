import { defineSearchAttributeKey } from '@temporalio/common';
import {
  continueAsNew,
  isCancellation,
  log,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { subjectId } from '#domain/core/subject.ts';
import { SEARCH_ATTRIBUTES } from '#domain/core/wire-names.ts';
import type { Looked, Unhealthy, WatchedCounts, WatchedPlace, WatchWorkspacesInput } from '#domain/workspace/health.ts';
import { find, record } from '../kernel/calls.ts';
import { scheduledTime } from '../kernel/scheduled-time.ts';
import { inOneStep } from '../kernel/step.ts';

const ERROR_CODE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.errorCode, 'KEYWORD');
const ENVIRONMENT = defineSearchAttributeKey(SEARCH_ATTRIBUTES.environment, 'KEYWORD');

/** Told one by one in a run's details; the list of workspaces has all. */
const TOLD_MAX = 50;

/**
 * Looks at workspaces that run, account by account, a page of records a run, and slowly. What AWS or somebody has made of
 * their parts stands in their records then, where their users see it. Changes nothing else: a launch repairs.
 */
export async function watchWorkspaces(input: WatchWorkspacesInput): Promise<WatchedCounts> {
  const { environment, perMinute, timing, soFar } = input;
  let { looked, unhealthy, unseen, told } = soFar ?? { looked: 0, unhealthy: 0, unseen: 0, told: [] };
  const { places, nextCursor } = await inOneStep('records', timing, () =>
    find.findWatchedWorkspaces(environment, soFar?.cursor ?? null),
  );
  for (const place of places) {
    const seen = await look(place, input);
    if (seen === undefined) unseen += place.names.length;
    else {
      looked += place.names.length;
      const found = seen.filter(({ problems }) => problems.length > 0);
      unhealthy += found.length;
      told = [...told, ...found.flatMap(toldOf)].slice(0, TOLD_MAX);
      await write(seen, input);
    }
    await sleep(60_000 / perMinute, { summary: `at most ${perMinute} accounts a minute` });
  }
  show(environment, unhealthy, told);
  const counts = { looked, unhealthy, unseen };
  if (nextCursor === null) return counts;
  return await continueAsNew<typeof watchWorkspaces>({ ...input, soFar: { ...counts, told, cursor: nextCursor } });
}

/** Undefined where the account can't be looked at: the others are. */
const look = async (
  { account, names }: WatchedPlace,
  { environment, timing }: WatchWorkspacesInput,
): Promise<readonly Looked[] | undefined> => {
  try {
    return await inOneStep('look', timing, () => find.observeWorkspaces({ environment, account, names }));
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('workspaces could not be looked at', { account: account.accountId, region: account.region, error });
    return undefined;
  }
};

const write = async (seen: readonly Looked[], { timing }: WatchWorkspacesInput): Promise<void> => {
  for (const { subject, problems, isNews } of seen) {
    if (!isNews) continue;
    for (const { code, detail } of problems) {
      log.warn('workspace is not as it was launched', { workspace: subjectId(subject), code, detail });
    }
    await inOneStep('record', timing, () => record.health(subject, problems, scheduledTime()));
  }
};

const toldOf = ({ subject, problems }: Looked): Unhealthy[] =>
  problems.slice(0, 1).map((problem) => ({ ...problem, id: subjectId(subject) }));

/** For whoever looks for it in Temporal's list: a run that has found something has the code of the first of it. */
const show = (environment: string, unhealthy: number, told: readonly Unhealthy[]): void => {
  const [first] = told;
  if (!first) return;
  upsertSearchAttributes([
    { key: ENVIRONMENT, value: environment },
    { key: ERROR_CODE, value: first.code },
  ]);
  const lines = told.map(({ id, code, detail }) => `- ${id}: ${code}: ${detail}`);
  const head = `${unhealthy} of the workspaces that run are not as they were launched. Launch each again: that repairs it.`;
  setCurrentDetails([head, '', ...lines].join('\n'));
};
