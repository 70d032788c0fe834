/** Rules that make a call fail, or lose its answer, on purpose. */

import { AwsError } from '../core/rule.ts';
import { protocolOf } from '../wire/model.ts';
import { plainService } from './seeds.ts';

export type FaultKind = 'throttle' | 'denied' | 'internal' | 'reset' | 'lost-answer' | 'slow';

export interface FaultRule {
  readonly service: string;
  readonly operation: string;
  readonly account?: string | undefined;
  /** Calls that match and pass before the first one is hit. */
  readonly skip: number;
  /** Calls that are hit; -1 for all. */
  readonly times: number;
  readonly fault: FaultKind;
  /** For `slow`: milliseconds, not scaled. */
  readonly delayMs?: number | undefined;
}

export interface FaultState extends FaultRule {
  readonly id: string;
  readonly hits: number;
  readonly remaining: number;
}

interface Target {
  readonly service: string;
  readonly operation: string;
  readonly account: string;
}

export interface Faults {
  add(rules: readonly FaultRule[]): string[];
  list(): FaultState[];
  /** All rules, or those of one account. */
  clear(account?: string): void;
  /** The rule that hits this call, counted; undefined for most calls. */
  take(target: Target): FaultRule | undefined;
}

const fits = (rule: FaultRule, target: Target): boolean =>
  (rule.service === '*' || plainService(rule.service) === plainService(target.service)) &&
  (rule.operation === '*' || rule.operation === target.operation) &&
  (rule.account === undefined || rule.account === target.account);

export const createFaults = (): Faults => {
  let rules: { id: string; rule: FaultRule; seen: number; hits: number }[] = [];
  let last = 0;
  const remaining = ({ rule, hits }: { rule: FaultRule; hits: number }): number =>
    rule.times < 0 ? -1 : rule.times - hits;
  return {
    add(added) {
      const fresh = added.map((rule) => {
        last += 1;
        return { id: `fault-${last}`, rule, seen: 0, hits: 0 };
      });
      rules = [...rules, ...fresh];
      return fresh.map(({ id }) => id);
    },
    list: () => rules.map((entry) => ({ id: entry.id, ...entry.rule, hits: entry.hits, remaining: remaining(entry) })),
    clear(account) {
      rules = account === undefined ? [] : rules.filter(({ rule }) => rule.account !== account);
    },
    take(target) {
      for (const entry of rules) {
        if (remaining(entry) === 0 || !fits(entry.rule, target)) continue;
        entry.seen += 1;
        if (entry.seen <= entry.rule.skip) continue;
        entry.hits += 1;
        return entry.rule;
      }
      return undefined;
    },
  };
};

type Failure = readonly [code: string, status: number, message: string];

const RATE = 'Rate exceeded';

const THROTTLES: Readonly<Record<string, Failure>> = {
  iam: ['Throttling', 400, RATE],
  sts: ['Throttling', 400, RATE],
  ec2: ['RequestLimitExceeded', 503, 'Request limit exceeded.'],
  batch: ['TooManyRequestsException', 429, 'Too Many Requests'],
  s3: ['SlowDown', 503, 'Please reduce your request rate.'],
  servicequotas: ['TooManyRequestsException', 400, 'Too Many Requests'],
  imagebuilder: ['CallRateLimitExceededException', 429, 'You have exceeded the permitted request rate.'],
};

const DENIALS: Readonly<Record<string, Failure>> = {
  iam: ['AccessDenied', 403, 'User is not authorized to perform this action'],
  sts: ['AccessDenied', 403, 'User is not authorized to perform this action'],
  ec2: ['UnauthorizedOperation', 403, 'You are not authorized to perform this operation.'],
  s3: ['AccessDenied', 403, 'Access Denied'],
};

const INTERNALS: Readonly<Record<string, Failure>> = {
  iam: ['ServiceFailure', 500, 'The request processing has failed because of an unknown error.'],
  ec2: ['InternalError', 500, 'An internal error has occurred'],
  batch: ['ServerException', 500, 'Internal server error'],
  s3: ['InternalError', 500, 'We encountered an internal error. Please try again.'],
  kms: ['KMSInternalException', 500, 'Internal error'],
  ssm: ['InternalServerError', 500, 'Internal server error'],
  servicequotas: ['ServiceException', 500, 'Internal server error'],
  imagebuilder: ['ServiceException', 500, 'Internal server error'],
};

const TABLES = { throttle: THROTTLES, denied: DENIALS, internal: INTERNALS } as const;

const fallback = (kind: keyof typeof TABLES, service: string): Failure => {
  if (kind === 'throttle') return ['ThrottlingException', protocolOf(service) === 'rest-json' ? 429 : 400, RATE];
  if (kind === 'internal') return ['InternalFailure', 500, 'Internal failure'];
  return ['AccessDeniedException', protocolOf(service) === 'json' ? 400 : 403, 'User is not authorized'];
};

/** The service's own error for a fault that answers with one; undefined for those that do not. */
export const faultError = (kind: FaultKind, service: string): AwsError | undefined => {
  if (kind !== 'throttle' && kind !== 'denied' && kind !== 'internal') return undefined;
  const [code, status, message] = TABLES[kind][service] ?? fallback(kind, service);
  return new AwsError(code, message, status);
};
