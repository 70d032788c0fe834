/**
 * A job that proves a queue: a definition is registered, submitted, waited for, and taken away. Registering and submitting
 * have neither token nor unique name: a definition carries the run's tag, and a job is its try's by its definition.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_SubmitJob.html
 */
import {
  type BatchClient,
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  type JobDefinition,
  type JobDetail,
  type JobSummary,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch';
import type { AwsClient } from '#aws/clients.ts';
import { ignoreNotFound } from '#aws/errors.ts';
import { collect } from '#aws/pages.ts';
import { createdTags, mayRemove, type Removal, RUN_TAG } from '#domain/core/ownership.ts';
import type { CanarySpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { adopt } from '../shared/adopt.ts';
import { believeAbsent, lookAgain } from '../shared/look.ts';
import { type Remaining, remainingOf } from '../shared/remaining.ts';
import { canaryContainer } from './canary-container.ts';
import { diagnose } from './canary-diagnosis.ts';
import { terminateJob } from './jobs.ts';

/** How it ended. Null: it never ran far enough to have one. */
export interface CanaryEnd {
  readonly succeeded: boolean;
  readonly reason: string | null;
  readonly logStream: string | null;
}

const REASON = 'It has told what it was to tell';

/**
 * A host that Spot takes away says nothing about the queue. And where instances run already, it may start before ECS knows
 * a role that was just made.
 */
const RETRIES = {
  attempts: 5,
  evaluateOnExit: [
    { onStatusReason: 'Host EC2*', action: 'RETRY' as const },
    { onReason: 'ECS was unable to assume*', action: 'RETRY' as const },
    { onStatusReason: 'ECS was unable to assume*', action: 'RETRY' as const },
    { onReason: '*', action: 'EXIT' as const },
  ],
};

const ENDED = ['SUCCEEDED', 'FAILED'];

type Batch = AwsClient<BatchClient>;

export const canaryActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => {
  const batch = ({ account }: CanarySpec): Batch => deps.aws.batch(account);

  /** Its ARN, of this run: what an earlier one left may say something else. @throws Conflict where the name is foreign. */
  const ensureDefinition = async (
    spec: CanarySpec,
    found: readonly JobDefinition[],
    executionRoleArn: string | null,
  ) => {
    for (const { jobDefinitionName, tags = {} } of found) {
      adopt({ what: `job definition ${jobDefinitionName}`, tags }, { owner: spec.owner, tags: {}, adoptable: 'never' });
    }
    const arns = found
      .filter(({ tags }) => tags?.[RUN_TAG] === spec.owner.run)
      .map(({ jobDefinitionArn = '' }) => jobDefinitionArn);
    if (arns.length > 0) return arns;
    const { jobDefinitionArn = '' } = await batch(spec).send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: spec.name,
        type: 'container',
        platformCapabilities: [spec.platform],
        containerProperties: canaryContainer(spec, executionRoleArn),
        retryStrategy: RETRIES,
        propagateTags: true,
        tags: createdTags(spec.owner),
      }),
    );
    return [jobDefinitionArn];
  };

  return {
    /** Submitted once. @throws Conflict where a definition of its name is foreign. */
    async ensureCanaryJob(spec: CanarySpec, executionRoleArn: string | null): Promise<{ jobId: string }> {
      const arns = await ensureDefinition(spec, await findDefinitions(batch(spec), spec), executionRoleArn);
      const jobs = (await findJobs(batch(spec), spec)).filter(({ jobDefinition = '' }) => arns.includes(jobDefinition));
      const [first] = jobs.toSorted((one, other) => (one.createdAt ?? 0) - (other.createdAt ?? 0));
      if (first?.jobId !== undefined) return { jobId: first.jobId };
      const { jobId = '' } = await batch(spec).send(
        new SubmitJobCommand({
          jobName: spec.name,
          jobQueue: spec.queue,
          jobDefinition: arns[0],
          propagateTags: true,
          tags: createdTags(spec.owner),
          ...(spec.shareIdentifier !== null && { shareIdentifier: spec.shareIdentifier }),
        }),
      );
      return { jobId };
    },

    /** One look. @throws NotYet until it has ended. */
    async awaitCanaryEnded(spec: CanarySpec, jobId: string): Promise<CanaryEnd> {
      const job = await findJob(batch(spec), jobId);
      const { status, statusReason } = job ?? {};
      if (!job || !ENDED.includes(String(status))) {
        throw lookAgain(`${spec.name} is ${status ?? 'not visible'}${statusReason ? `: ${statusReason}` : ''}`, deps);
      }
      const { reason, exitCode, logStreamName = null } = job.container ?? {};
      const why = [statusReason, reason, exitCode === undefined ? undefined : `exit code ${exitCode}`];
      const succeeded = status === 'SUCCEEDED';
      return {
        succeeded,
        reason: succeeded ? null : why.filter((one) => one !== undefined).join('; '),
        logStream: logStreamName,
      };
    },

    /** Why it has not ended, as far as Batch, EC2 and the consoles of instances tell. */
    async observeCanary(spec: CanarySpec, jobId: string): Promise<string> {
      return await diagnose(deps, spec, await findJob(batch(spec), jobId));
    },

    /** Its job, if that goes on, and its definitions: a definition that is deregistered is gone for everybody. */
    async deleteCanary(spec: CanarySpec, removal: Removal): Promise<void> {
      const found = await findDefinitions(batch(spec), spec);
      const ids = (await findJobs(batch(spec), spec)).flatMap(({ jobId }) => jobId ?? []);
      if (found.length === 0 && ids.length === 0) return believeAbsent(`canary ${spec.name}`, removal, deps);
      for (const { jobId = '', status, tags = {}, isTerminated } of await describeJobs(batch(spec), ids)) {
        const goesOn = !ENDED.includes(String(status)) && !isTerminated;
        if (goesOn && mayRemove(tags, spec.owner, removal)) await terminateJob(batch(spec), jobId, REASON);
      }
      for (const { jobDefinitionArn, tags = {} } of found) {
        if (!mayRemove(tags, spec.owner, removal)) continue;
        await batch(spec)
          .send(new DeregisterJobDefinitionCommand({ jobDefinition: jobDefinitionArn }))
          .catch(ignoreNotFound);
      }
    },

    async findRemainingCanary(spec: CanarySpec, by: Removal['by']): Promise<Remaining[]> {
      const found = await findDefinitions(batch(spec), spec);
      return remainingOf(
        found.map(({ jobDefinitionArn: id, jobDefinitionName: name, tags = {} }) => ({ id, name, tags })),
        spec.owner,
        by,
      );
    },
  };
};

const findDefinitions = (batch: Batch, { name }: CanarySpec): Promise<JobDefinition[]> =>
  collect(async (nextToken) => {
    const query = new DescribeJobDefinitionsCommand({ jobDefinitionName: name, status: 'ACTIVE', nextToken });
    const page = await batch.send(query);
    return { items: page.jobDefinitions, next: page.nextToken };
  });

/** In all states. None where there is no such queue. */
const findJobs = (batch: Batch, { queue, name }: CanarySpec): Promise<JobSummary[]> =>
  collect(async (nextToken) => {
    const query = new ListJobsCommand({ jobQueue: queue, filters: [{ name: 'JOB_NAME', values: [name] }], nextToken });
    const page = await batch.send(query).catch(ignoreNotFound);
    return { items: page?.jobSummaryList, next: page?.nextToken };
  });

/** As many as one call takes: of a canary there are few. */
const DESCRIBED_MAX = 100;

const describeJobs = async (batch: Batch, ids: readonly string[]): Promise<JobDetail[]> => {
  if (ids.length === 0) return [];
  return (await batch.send(new DescribeJobsCommand({ jobs: ids.slice(0, DESCRIBED_MAX) }))).jobs ?? [];
};

const findJob = async (batch: Batch, jobId: string): Promise<JobDetail | undefined> =>
  (await describeJobs(batch, [jobId]))[0];
