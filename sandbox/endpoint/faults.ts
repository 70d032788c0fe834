/** Rules that make a call fail, or lose its answer, on purpose. */

import { AwsError } from '../core/error.ts';
import type { ServiceErrors } from '../core/service.ts';
import { failureOf } from '../wire/failures.ts';
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

/** The service's own error for a fault that answers with one; undefined for those that do not. */
export const faultError = (
  kind: FaultKind,
  service: string,
  errors: ServiceErrors | undefined,
): AwsError | undefined => {
  if (kind !== 'throttle' && kind !== 'denied' && kind !== 'internal') return undefined;
  const [code, status, message] = failureOf(kind, service, errors);
  return new AwsError(code, message, status);
};
