/**
 * Why a canary has not ended. Batch itself says little: a job waits in RUNNABLE for ever where no instance comes, and also
 * where instances come whose set-up has failed. What those say stands on their consoles.
 * @see https://docs.aws.amazon.com/batch/latest/userguide/job_stuck_in_runnable.html
 */
import type { JobDetail } from '@aws-sdk/client-batch';
import { DescribeInstancesCommand, GetConsoleOutputCommand, type Instance } from '@aws-sdk/client-ec2';
import { codeOf } from '#domain/core/failures.ts';
import { kindTag } from '#domain/core/ownership.ts';
import type { CanarySpec } from '#domain/resources/batch.ts';
import type { ActivityDeps } from '../deps.ts';
import { type Ec2, filters } from '../ec2/client.ts';

/** The newest tell most, and a console takes a call each. */
const CONSOLES = 3;

const LINE_MAX = 300;

/** A line in which something gives up. */
const FAILURE = /\b(fail(ed|ure|s)?|error|cannot|can't|unable|fatal)\b/i;

/** A sentence or two: the state, what Batch says of it, what that mostly means, what consoles say. */
export const diagnose = async (
  { aws }: Pick<ActivityDeps, 'aws'>,
  spec: CanarySpec,
  job: JobDetail | undefined,
): Promise<string> => {
  const { status = 'not there', statusReason } = job ?? {};
  const state = `the job is ${status}${statusReason ? `: ${statusReason}` : ''}`;
  if (spec.platform === 'FARGATE') return `${state}. ${HINTS.fargate}`;
  if (status === 'RUNNING' || status === 'STARTING') return `${state}. ${HINTS[status]}`;
  const ec2 = aws.ec2(spec.account);
  const instances = await findInstances(ec2, spec);
  if (instances.length === 0) return `${state}. ${HINTS.noInstance}`;
  const told = await Promise.all(instances.slice(0, CONSOLES).map((instance) => failureOn(ec2, instance)));
  return [`${state}. ${HINTS.idleInstance}`, ...told].join(' ');
};

const HINTS = {
  fargate: 'Fargate has no room for it, or its image, role or log group can not be reached',
  RUNNING: 'It has begun, and takes longer than it should',
  STARTING: 'An instance has taken it, and can not start it: its image, role or log group can not be reached',
  noInstance:
    'No instance has started: there is no capacity, quota or address for its types, or the template can not be used',
  idleInstance: 'Instances have started, and none of them takes it: their set-up has failed, or they do not reach ECS.',
} as const;

/** The newest first, also those that have ended: one whose set-up failed stops itself. */
const findInstances = async (ec2: Ec2, { owner, instancesOf }: CanarySpec): Promise<Instance[]> => {
  const Filters = filters({ [`tag:${kindTag(owner.kind)}`]: instancesOf });
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  return Reservations.flatMap(({ Instances = [] }) => Instances).toSorted(
    (one, other) => (other.LaunchTime?.getTime() ?? 0) - (one.LaunchTime?.getTime() ?? 0),
  );
};

/** The last line in which something gives up; where there is none, or nobody may read it, that. */
const failureOn = async (ec2: Ec2, { InstanceId = '', State }: Instance): Promise<string> => {
  const who = `Instance ${InstanceId} is ${State?.Name}`;
  try {
    const { Output = '' } = await ec2.send(new GetConsoleOutputCommand({ InstanceId }));
    const lines = Buffer.from(Output, 'base64').toString().split(/\r?\n/);
    const failure = lines.findLast((line) => FAILURE.test(line));
    return failure ? `${who} and says: ${failure.trim().slice(0, LINE_MAX)}.` : `${who} and says nothing of a failure.`;
  } catch (error) {
    return `${who}, and its console can not be read (${codeOf(error)}).`;
  }
};
