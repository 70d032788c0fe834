/**
 * The life of a submitted job: SUBMITTED, PENDING until those it depends on have succeeded, RUNNABLE until an environment
 * can take it, STARTING, RUNNING, SUCCEEDED or FAILED, from RUNNABLE once more for each attempt. Each look brings it up
 * to now. How long each state takes is from experience.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_states.html
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
 */
import type { ContainerDetail, JobStatus, JobTimeout } from '@aws-sdk/client-batch';
import type { World } from '../../core/world.ts';
import { type IamSnapshot, parseDocument } from '../iam/contract.ts';
import { LOGS } from '../logs/contract.ts';
import type { BlockedReason, JobsBehaviour } from './seed.ts';
import { findEnvironment, findQueue, type Job, type JobLife, type Regional } from './state.ts';
import { isFargate } from './validation.ts';

const AFTER_MS = {
  PENDING: 500,
  RUNNABLE: 1_500,
  /** An instance has to boot and to join first. */
  STARTING: { ec2: 60_000, fargate: 25_000 },
  RUNNING: { ec2: 20_000, fargate: 15_000 },
  END: 30_000,
};
const SPREAD = 0.3;
const DEFAULT_GROUP = '/aws/batch/job';
const EXITED = 'Essential container in task exited';

const BLOCKED_TEXTS: Readonly<Record<BlockedReason, string>> = {
  'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY': 'Service cannot fulfill the capacity requested for instance type',
  'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE':
    'CE(s) associated with the job queue cannot meet the job resource requirement.',
  'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT':
    'The job resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached to the job queue.',
};

export const newLife = (behaviour: JobsBehaviour, attempts: number, now: number): JobLife => ({
  behaviour,
  attemptsLeft: attempts,
  since: now,
  until: undefined,
  cancelAt: undefined,
  taskId: '',
});

interface Moment {
  readonly at: Regional;
  readonly now: number;
  readonly iam: IamSnapshot;
}

const hasEnded = (status: JobStatus): boolean => status === 'SUCCEEDED' || status === 'FAILED';

export const createAdvance = (world: World) => {
  const enter = (job: Job, life: JobLife, status: JobStatus, at: number): void => {
    job.detail.status = status;
    life.since = at;
    life.until = undefined;
  };

  /** Whether the present state's time is over; its length is drawn once. */
  const isOver = ({ at, now }: Moment, life: JobLife, ms: number, spread = SPREAD): boolean => {
    life.until ??= life.since + world.delay(ms, spread, at.account);
    return now >= life.until;
  };

  const finish = (
    job: Job,
    life: JobLife,
    end: { status: JobStatus; reason: string; exitCode?: number | null },
  ): void => {
    const { detail } = job;
    const stoppedAt = life.until ?? life.since;
    const started = detail.startedAt;
    const container: ContainerDetail = { ...detail.container };
    if (end.exitCode !== undefined && end.exitCode !== null) container.exitCode = end.exitCode;
    const { exitCode, logStreamName, taskArn, containerInstanceArn } = container;
    const attempt = { exitCode, logStreamName, taskArn, containerInstanceArn, networkInterfaces: [] };
    detail.attempts?.push({ container: attempt, startedAt: started, stoppedAt, statusReason: end.reason });
    detail.container = container;
    detail.statusReason = end.reason;
    life.attemptsLeft -= 1;
    const again = end.status === 'FAILED' && life.attemptsLeft > 0;
    enter(job, life, again ? 'RUNNABLE' : end.status, stoppedAt);
    if (again) detail.startedAt = undefined;
    else detail.stoppedAt = stoppedAt;
  };

  /** It never came to an attempt. */
  const giveUp = ({ detail }: Job, life: JobLife, reason: string, at: number): void => {
    Object.assign(detail, { status: 'FAILED', statusReason: reason, stoppedAt: at });
    life.since = at;
  };

  /** True when the job has moved on. */
  const waitForOthers = (moment: Moment, job: Job, life: JobLife): boolean => {
    const others = (job.detail.dependsOn ?? []).map(({ jobId }) => moment.at.jobs.get(String(jobId))?.detail.status);
    if (others.includes('FAILED')) {
      giveUp(job, life, 'Dependent Job failed', moment.now);
      return true;
    }
    if (others.some((status) => status !== 'SUCCEEDED') || !isOver(moment, life, AFTER_MS.RUNNABLE)) return false;
    enter(job, life, 'RUNNABLE', life.until ?? moment.now);
    return true;
  };

  const environmentsOf = ({ at }: Moment, job: Job) =>
    (findQueue(at, job.detail.jobQueue)?.detail.computeEnvironmentOrder ?? []).flatMap(
      ({ computeEnvironment }) => findEnvironment(at, computeEnvironment)?.detail ?? [],
    );

  const blockedBy = (moment: Moment, job: Job, { behaviour }: JobLife): BlockedReason | undefined => {
    if (behaviour.outcome === 'stuck' && behaviour.blockedBy) return behaviour.blockedBy;
    const sizes = environmentsOf(moment, job).map(({ computeResources }) => computeResources?.maxvCpus);
    const fits = sizes.some((size) => size === undefined || size >= job.vcpus);
    return fits ? undefined : 'MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE';
  };

  /** What the queue does with a job that can't be placed. */
  const wait = (moment: Moment, job: Job, life: JobLife, reason: BlockedReason): boolean => {
    job.detail.statusReason = `${reason} - ${BLOCKED_TEXTS[reason]}`;
    const actions = findQueue(moment.at, job.detail.jobQueue)?.detail.jobStateTimeLimitActions ?? [];
    const limit = actions.find((action) => action.reason === reason)?.maxTimeSeconds;
    if (limit === undefined) return false;
    life.cancelAt ??= life.since + world.delay(limit * 1000, 0, moment.at.account);
    if (moment.now < life.cancelAt) return false;
    job.detail.isCancelled = true;
    giveUp(job, life, `Canceled by JobStateTimeLimit action due to reason: ${reason}`, life.cancelAt);
    return true;
  };

  const place = (moment: Moment, job: Job, life: JobLife): boolean => {
    const reason = blockedBy(moment, job, life);
    if (reason) return wait(moment, job, life, reason);
    if (life.behaviour.outcome === 'stuck') return false;
    const host = environmentsOf(moment, job).find(
      ({ state, status, computeResources }) =>
        state === 'ENABLED' && status === 'VALID' && (computeResources?.maxvCpus ?? 0) >= job.vcpus,
    );
    if (!host?.computeResources) {
      // The time that an instance takes begins when there is an environment for it.
      life.since = moment.now;
      return false;
    }
    job.detail.statusReason = undefined;
    const onFargate = isFargate(host.computeResources);
    if (!isOver(moment, life, onFargate ? AFTER_MS.STARTING.fargate : AFTER_MS.STARTING.ec2)) return false;
    enter(job, life, 'STARTING', life.until ?? moment.now);
    life.taskId = crypto.randomUUID().replaceAll('-', '');
    const cluster = String(host.ecsClusterArn).split('/').at(-1);
    const arn = (type: string, id: string) =>
      `arn:aws:ecs:${moment.at.region}:${moment.at.account}:${type}/${cluster}/${id}`;
    const instance = crypto.randomUUID().replaceAll('-', '');
    job.detail.container = {
      ...job.detail.container,
      taskArn: arn('task', life.taskId),
      ...(!onFargate && { containerInstanceArn: arn('container-instance', instance) }),
    };
    return true;
  };

  /** Roles of the task that ECS can't use. */
  const roleFault = ({ iam }: Moment, { detail }: Job): string | undefined => {
    const { jobRoleArn, executionRoleArn } = detail.container ?? {};
    const isAssumable = (arn: string): boolean => {
      const role = iam.roles.find(({ Arn }) => Arn === arn);
      const trust = parseDocument(role?.AssumeRolePolicyDocument);
      return role !== undefined && JSON.stringify(trust ?? '').includes('"ecs-tasks.amazonaws.com"');
    };
    const bad = [executionRoleArn, jobRoleArn].find((arn) => arn !== undefined && !isAssumable(arn));
    return (
      bad &&
      `ECS was unable to assume the role '${bad}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`
    );
  };

  /** Where its output goes; undefined for another driver than awslogs. */
  const logOf = ({ detail }: Job, { taskId }: JobLife) => {
    const { logDriver = 'awslogs', options = {} } = detail.container?.logConfiguration ?? {};
    if (logDriver !== 'awslogs') return undefined;
    const definition = String(detail.jobDefinition).split('/').at(-1)?.split(':')[0];
    return {
      group: options['awslogs-group'] ?? DEFAULT_GROUP,
      create: options['awslogs-create-group'] === 'true',
      stream: `${options['awslogs-stream-prefix'] ?? definition}/default/${taskId}`,
    };
  };

  /** Opens its log. @returns what is in the way */
  const logFault = ({ at }: Moment, job: Job, life: JobLife): string | undefined => {
    const log = logOf(job, life);
    if (!log) return undefined;
    const logs = world.service(LOGS);
    if (log.group === DEFAULT_GROUP || log.create) logs.ensureGroup(at, log.group, log.group === DEFAULT_GROUP);
    if (!logs.write(at, log, life.behaviour.output)) {
      return 'CannotStartContainerError: failed to initialize logging driver: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist.';
    }
    job.detail.container = { ...job.detail.container, logStreamName: log.stream };
    return undefined;
  };

  const run = (moment: Moment, job: Job, life: JobLife): boolean => {
    const onFargate = job.detail.container?.containerInstanceArn === undefined;
    if (!isOver(moment, life, onFargate ? AFTER_MS.RUNNING.fargate : AFTER_MS.RUNNING.ec2)) return false;
    const fault = roleFault(moment, job) ?? logFault(moment, job, life);
    if (fault) {
      job.detail.container = { ...job.detail.container, reason: fault };
      finish(job, life, { status: 'FAILED', reason: 'Task failed to start' });
      return true;
    }
    const at = life.until ?? moment.now;
    enter(job, life, 'RUNNING', at);
    job.detail.startedAt = at;
    return true;
  };

  const end = (moment: Moment, job: Job, life: JobLife): boolean => {
    const { outcome, slowness, reason, exitCode } = life.behaviour;
    const runsMs = AFTER_MS.END * slowness;
    const limitMs = Number((job.detail.timeout as JobTimeout | undefined)?.attemptDurationSeconds ?? Infinity) * 1000;
    if (!isOver(moment, life, Math.min(runsMs, limitMs), limitMs < runsMs ? 0 : SPREAD)) return false;
    if (limitMs < runsMs) {
      life.attemptsLeft = 1; // one that took too long is not tried again
      finish(job, life, { status: 'FAILED', reason: 'Job attempt duration exceeded timeout', exitCode: 137 });
    } else if (outcome === 'fails') {
      finish(job, life, { status: 'FAILED', reason, exitCode });
    } else {
      finish(job, life, { status: 'SUCCEEDED', reason: EXITED, exitCode: 0 });
    }
    return true;
  };

  const step = (moment: Moment, job: Job, life: JobLife): boolean => {
    switch (job.detail.status) {
      case 'SUBMITTED':
        if (!isOver(moment, life, AFTER_MS.PENDING)) return false;
        enter(job, life, 'PENDING', life.until ?? moment.now);
        return true;
      case 'PENDING':
        return waitForOthers(moment, job, life);
      case 'RUNNABLE':
        return place(moment, job, life);
      case 'STARTING':
        return run(moment, job, life);
      case 'RUNNING':
        return end(moment, job, life);
      default:
        return false;
    }
  };

  /** Brings a job up to now. */
  return (moment: Moment, job: Job): void => {
    const { life } = job;
    if (!life) return;
    while (!hasEnded(job.detail.status) && step(moment, job, life));
  };
};
