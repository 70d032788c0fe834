/**
 * What Batch keeps, per account and region. Nothing here goes to moto: its environments are VALID at once and never refuse.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateComputeEnvironment.html
 */
import type {
  ComputeEnvironmentDetail,
  JobDefinition,
  JobDetail,
  JobQueueDetail,
  JobStatus,
  SchedulingPolicyDetail,
} from '@aws-sdk/client-batch';
import { AwsError } from '../../core/error.ts';
import type { JobsBehaviour } from './seed.ts';

export interface ComputeEnvironment {
  detail: ComputeEnvironmentDetail & {
    computeEnvironmentName: string;
    computeEnvironmentArn: string;
    tags: Record<string, string>;
  };
  /** A custom service role, as the caller named it: without one Batch uses its service-linked role. */
  customRole: string | undefined;
  /** What happens when the present CREATING, UPDATING or DELETING is over. */
  pending: { until: number; becomes: 'VALID' | 'INVALID' | 'DELETED'; reason: string } | undefined;
  /** What `$Latest`, `$Default` or a number meant when the environment was made or updated. */
  templateVersion: number | undefined;
  /** When superfluous workers go. */
  drainAt: number | undefined;
  /** DELETED stays visible until then. */
  goneAt: number | undefined;
}

export interface JobQueue {
  detail: JobQueueDetail & { jobQueueName: string; jobQueueArn: string; tags: Record<string, string> };
  pending: { until: number; becomes: 'VALID' | 'DELETED' } | undefined;
  goneAt: number | undefined;
}

/** Times in milliseconds since the epoch. */
export interface JobLife {
  readonly behaviour: JobsBehaviour;
  attemptsLeft: number;
  /** When the present state began. */
  since: number;
  /** When it is over: drawn at the first look at it. */
  until: number | undefined;
  /** When its queue cancels a job that can't be placed. */
  cancelAt: number | undefined;
  /** Of the present attempt. */
  taskId: string;
}

export interface Job {
  detail: JobDetail & { jobId: string; jobArn: string; jobName: string; status: JobStatus; createdAt: number };
  vcpus: number;
  /** None for a seeded one, which stays as it was seeded. */
  life: JobLife | undefined;
  /** Set by TerminateJob, CancelJob or the end of the queue. */
  ending: { until: number; reason: string } | undefined;
}

export type SchedulingPolicy = SchedulingPolicyDetail & { name: string; arn: string; tags: Record<string, string> };

export interface Regional {
  readonly account: string;
  readonly region: string;
  environments: Map<string, ComputeEnvironment>;
  queues: Map<string, JobQueue>;
  jobs: Map<string, Job>;
  definitions: JobDefinition[];
  policies: Map<string, SchedulingPolicy>;
  /** A queue is gone before Batch forgets which environments it used. */
  relations: { environmentArn: string; until: number }[];
}

export const createStore = () => {
  const regions = new Map<string, Regional>();
  return {
    of(account: string, region: string): Regional {
      const key = `${account}/${region}`;
      let found = regions.get(key);
      if (!found) {
        found = {
          account,
          region,
          environments: new Map(),
          queues: new Map(),
          jobs: new Map(),
          definitions: [],
          policies: new Map(),
          relations: [],
        };
        regions.set(key, found);
      }
      return found;
    },
    all: (account: string): Regional[] => [...regions.values()].filter((each) => each.account === account),
  };
};
export type Store = ReturnType<typeof createStore>;

export const batchArn = (at: { account: string; region: string }, resource: string): string =>
  `arn:aws:batch:${at.region}:${at.account}:${resource}`;

/** Batch takes a name or an ARN wherever it asks for an environment or a queue. */
const nameOf = (nameOrArn: string): string => nameOrArn.slice(nameOrArn.indexOf('/') + 1);

export const findEnvironment = (at: Regional, nameOrArn: string | undefined): ComputeEnvironment | undefined => {
  if (!nameOrArn) return undefined;
  const found = at.environments.get(nameOf(nameOrArn));
  const isArn = nameOrArn.startsWith('arn:');
  return isArn && found?.detail.computeEnvironmentArn !== nameOrArn ? undefined : found;
};

export const findQueue = (at: Regional, nameOrArn: string | undefined): JobQueue | undefined => {
  if (!nameOrArn) return undefined;
  const found = at.queues.get(nameOf(nameOrArn));
  const isArn = nameOrArn.startsWith('arn:');
  return isArn && found?.detail.jobQueueArn !== nameOrArn ? undefined : found;
};

/** Those that take their name and a place in the quota; what is DELETED is only still shown. */
export const existing = <R extends { detail: { status?: string | undefined } }>(
  all: ReadonlyMap<string, R>,
): string[] => [...all].filter(([, { detail }]) => detail.status !== 'DELETED').map(([name]) => name);

/** Refusals about the state of a resource come with a bare text. */
export const refusal = (message: string): AwsError => new AwsError('ClientException', message, 400);

/** Refusals about parameters come wrapped like this, with the request's id inside the text. */
export const invalidParameter = (message: string): AwsError =>
  refusal(`Error executing request, Exception : ${message}, RequestId: ${crypto.randomUUID()}`);

const NAME = /^[A-Za-z0-9][\w-]{0,127}$/;

export const checkName = (name: unknown, what: string): string => {
  if (typeof name !== 'string' || name === '') throw invalidParameter(`${what} must not be empty.`);
  if (!NAME.test(name)) {
    throw invalidParameter(
      `${what} ${name} is not valid. It can be up to 128 letters, numbers, hyphens and underscores, and must start with a letter or a number.`,
    );
  }
  return name;
};

export const checkOneOf = (value: unknown, allowed: readonly string[], what: string): void => {
  if (value !== undefined && !allowed.includes(String(value))) {
    throw invalidParameter(`${what} can only be one of [${allowed.join(', ')}]`);
  }
};

export const checkTags = (tags: unknown): Record<string, string> => {
  const all = (tags ?? {}) as Record<string, string>;
  for (const [key, value] of Object.entries(all)) {
    if (key.toLowerCase().startsWith('aws:')) throw invalidParameter(`Tag key ${key} must not start with aws:`);
    if (key.length > 128 || String(value).length > 256) throw invalidParameter(`Tag ${key} is too long`);
  }
  if (Object.keys(all).length > 50) throw invalidParameter('A resource can have at most 50 tags');
  return { ...all };
};

/** A page of a list: the token is an offset, which clients must not look into. */
export const pageOf = <T>(
  all: readonly T[],
  maxResults: unknown,
  nextToken: unknown,
): { page: T[]; nextToken?: string } => {
  const size = Math.min(100, Number(maxResults ?? 100));
  if (!(size >= 1)) throw invalidParameter('maxResults must be between 1 and 100');
  const start = nextToken ? Number(Buffer.from(String(nextToken), 'base64url').toString()) : 0;
  if (!Number.isInteger(start) || start < 0) throw invalidParameter('nextToken is not valid');
  const end = start + size;
  return {
    page: all.slice(start, end),
    ...(end < all.length && { nextToken: Buffer.from(String(end)).toString('base64url') }),
  };
};
