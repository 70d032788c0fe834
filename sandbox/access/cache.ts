/** Verdicts that hold until a policy changes: describing the same thing again and again costs one evaluation. */

import type { Verdict } from '../core/check.ts';
import type { Principal } from '../services/iam/contract.ts';
import { evaluate, type Question } from './simulator.ts';

const VERDICTS_MAX = 2_000;

/** They go with the principal, which goes with the next change in IAM. */
const verdicts = new WeakMap<Principal, Map<string, Verdict>>();

interface Known {
  readonly id: number;
  readonly asksForTime: boolean;
}

const NONE: Known = { id: 0, asksForTime: false };
const policies = new WeakMap<object, Known>();
let lastId = 0;

/** Policies of resources and sessions are told apart by identity: each change of one makes a new object. */
const know = (policy: unknown): Known => {
  if (typeof policy !== 'object' || policy === null) return NONE;
  const known = policies.get(policy);
  if (known) return known;
  lastId += 1;
  const fresh = { id: lastId, asksForTime: asksForTime(policy) };
  policies.set(policy, fresh);
  return fresh;
};

/** Does some statement look at the clock? */
const asksForTime = (policy: unknown): boolean => /aws:(CurrentTime|EpochTime)/i.test(JSON.stringify(policy));

export const evaluateOnce = async (principal: Principal, question: Question): Promise<Verdict> => {
  const { sessionPolicy, resourcePolicy, serviceControlPolicies, context } = question;
  const [session, resource] = [know(sessionPolicy), know(resourcePolicy)];
  if (principal.asksForTime || session.asksForTime || resource.asksForTime) return evaluate(question);
  const { 'aws:CurrentTime': _now, 'aws:EpochTime': _seconds, ...steady } = context;
  const { action, resourceAccount } = question;
  const key = JSON.stringify([
    question.principal,
    action,
    question.resource,
    resourceAccount,
    steady,
    session.id,
    resource.id,
    know(serviceControlPolicies).id,
  ]);
  const known = verdicts.get(principal) ?? new Map<string, Verdict>();
  verdicts.set(principal, known);
  const found = known.get(key);
  if (found) return found;
  const verdict = await evaluate(question);
  if (known.size >= VERDICTS_MAX) known.clear();
  known.set(key, verdict);
  return verdict;
};
