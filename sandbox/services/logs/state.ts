/**
 * What CloudWatch Logs keeps, per account and region. Nothing of it goes to moto, which takes any retention, and tags of
 * things that do not exist.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
 */
import { AwsError } from '../../core/error.ts';

export interface LogEvent {
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  readonly events: LogEvent[];
}

export interface LogGroup {
  readonly name: string;
  readonly createdAt: number;
  readonly logGroupClass: string;
  kmsKeyId: string | undefined;
  /** Days; undefined for ever. */
  retention: number | undefined;
  tags: Record<string, string>;
  readonly streams: Map<string, LogStream>;
  /** AWS made it by itself. */
  readonly byService: boolean;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Regional extends Place {
  readonly groups: Map<string, LogGroup>;
}

export const createStore = () => {
  const regions = new Map<string, Regional>();
  return {
    of({ account, region }: Place): Regional {
      const key = `${account}/${region}`;
      const found = regions.get(key) ?? { account, region, groups: new Map() };
      regions.set(key, found);
      return found;
    },
    all: (account: string): Regional[] => [...regions.values()].filter((each) => each.account === account),
  };
};
export type Store = ReturnType<typeof createStore>;

export const newGroup = (name: string, given: Pick<LogGroup, 'createdAt'> & Partial<LogGroup>): LogGroup => ({
  name,
  logGroupClass: 'STANDARD',
  kmsKeyId: undefined,
  retention: undefined,
  tags: {},
  streams: new Map(),
  byService: false,
  ...given,
});

/** Without the `:*` at its end that stands for the streams. */
export const groupArn = ({ account, region }: Place, name: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${name}`;

/** The name in an ARN of a group, with or without `:*`; a name stays as it is. */
export const groupName = (nameOrArn: string): string =>
  /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;

export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);

export const violated = (value: unknown, member: string, constraint: string): AwsError =>
  invalidParameter(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: ${constraint}`,
  );

const groupNotFound = (): AwsError =>
  new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');

export const streamNotFound = (): AwsError =>
  new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');

/** @throws AwsError ResourceNotFoundException */
export const mustFindGroup = (at: Regional, nameOrArn: string): LogGroup => {
  const found = at.groups.get(groupName(nameOrArn));
  if (!found) throw groupNotFound();
  return found;
};

const PAGE_MAX = 50;

/** The token is an offset, which clients must not look into. @throws AwsError InvalidParameterException */
export const pageOf = <T>(all: readonly T[], limit: unknown, nextToken: unknown): { page: T[]; nextToken?: string } => {
  const size = Number(limit ?? PAGE_MAX);
  if (size > PAGE_MAX) throw violated(limit, 'limit', `Member must have value less than or equal to ${PAGE_MAX}`);
  const start = nextToken === undefined ? 0 : Number(Buffer.from(String(nextToken), 'base64url').toString());
  if (!(size >= 1) || !Number.isInteger(start) || start < 0)
    throw invalidParameter('The specified nextToken is invalid.');
  const end = start + size;
  return {
    page: all.slice(start, end),
    ...(end < all.length && { nextToken: Buffer.from(`${end}`).toString('base64url') }),
  };
};
