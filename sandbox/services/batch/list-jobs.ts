/**
 * ListJobs: those of a queue in one state, RUNNING if none is named; or by one filter, over all states, newest first.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ListJobs.html
 */
import type { KeyValuesPair, ListJobsCommandInput } from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { BatchDeps } from './context.ts';
import { JOB_STATUSES } from './seed.ts';
import { checkOneOf, findQueue, invalidParameter, type Job, pageOf } from './state.ts';

type Detail = Job['detail'];

const matches = (pattern: string, text: string): boolean =>
  pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;

const FILTERS: Readonly<Record<string, (value: string, detail: Detail) => boolean>> = {
  JOB_NAME: (value, { jobName }) => matches(value.toLowerCase(), jobName.toLowerCase()),
  JOB_DEFINITION: (value, { jobDefinition = '' }) =>
    value.startsWith('arn:') ? jobDefinition === value : matches(value, nameIn(jobDefinition)),
  BEFORE_CREATED_AT: (value, { createdAt }) => createdAt < Number(value),
  AFTER_CREATED_AT: (value, { createdAt }) => createdAt > Number(value),
  SHARE_IDENTIFIER: (value, { shareIdentifier }) => shareIdentifier === value,
};

const nameIn = (definitionArn: string): string => definitionArn.split('/').at(-1)?.split(':')[0] ?? '';

/** @throws AwsError ClientException */
const wanted = ({ jobStatus, filters = [] }: ListJobsCommandInput): ((detail: Detail) => boolean) => {
  if (filters.length > 1) throw invalidParameter('Only one filter can be used at a time');
  const [filter] = filters as readonly KeyValuesPair[];
  if (!filter) return ({ status }) => status === (jobStatus ?? 'RUNNING');
  const fits = FILTERS[String(filter.name)];
  if (!fits) throw invalidParameter(`${filter.name} is not a filter of ListJobs`);
  const byStatus = filter.name === 'SHARE_IDENTIFIER' && jobStatus !== undefined;
  return (detail) =>
    (filter.values ?? []).some((value) => fits(value, detail)) && (!byStatus || detail.status === jobStatus);
};

const summaryOf = (detail: Detail) => {
  const { jobArn, jobId, jobName, createdAt, status, statusReason, startedAt, stoppedAt, jobDefinition } = detail;
  const { exitCode, reason } = detail.container ?? {};
  return {
    ...{ jobArn, jobId, jobName, createdAt, status, statusReason, startedAt, stoppedAt, jobDefinition },
    ...(detail.container && { container: { exitCode, reason } }),
    ...(detail.shareIdentifier && { shareIdentifier: detail.shareIdentifier }),
  };
};

export const list =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const input = call.params as ListJobsCommandInput;
    if (!input.jobQueue) throw invalidParameter('jobQueue, arrayJobId or multiNodeJobId must be specified');
    const queue = findQueue(at, input.jobQueue);
    if (!queue) throw invalidParameter(`Job queue ${input.jobQueue} does not exist`);
    checkOneOf(input.jobStatus, JOB_STATUSES, 'jobStatus');
    const isWanted = wanted(input);
    const jobs = [...at.jobs.values()]
      .map(({ detail }) => detail)
      .filter((detail) => detail.jobQueue === queue.detail.jobQueueArn && isWanted(detail));
    if (input.filters?.length) jobs.reverse();
    const { page, ...more } = pageOf(jobs, input.maxResults, input.nextToken);
    return world.answer(call, { jobSummaryList: page.map(summaryOf), ...more });
  };
