/**
 * Scheduling policies: shares whose identifiers do not overlap; one that a queue uses can't be deleted. They are there at
 * once, without a status.
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_CreateSchedulingPolicy.html
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_FairsharePolicy.html
 */
import type {
  CreateSchedulingPolicyCommandInput,
  DescribeSchedulingPoliciesCommandInput,
  FairsharePolicy,
  UpdateSchedulingPolicyCommandInput,
} from '@aws-sdk/client-batch';
import type { Rule } from '../../core/call.ts';
import type { BatchDeps } from './context.ts';
import {
  batchArn,
  checkName,
  checkTags,
  invalidParameter,
  pageOf,
  type Regional,
  refusal,
  type SchedulingPolicy,
} from './state.ts';

const SHARES_MAX = 500;
const DECAY_SECONDS_MAX = 604_800;
const RESERVATION_MAX = 99;
const WEIGHT = { min: 0.0001, max: 999.9999 };
const DESCRIBED_MAX = 100;
const SHARE = /^[A-Za-z0-9]{1,255}\*?$/;

export const schedulingPolicyRules = (deps: BatchDeps): Record<string, Rule> => ({
  CreateSchedulingPolicy: create(deps),
  DescribeSchedulingPolicies: describe(deps),
  ListSchedulingPolicies: list(deps),
  UpdateSchedulingPolicy: update(deps),
  DeleteSchedulingPolicy: remove(deps),
});

const checkRange = (value: number | undefined, what: string, max: number): void => {
  if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= max)) {
    throw invalidParameter(`${what} must be between 0 and ${max}`);
  }
};

const overlap = (one: string, other: string): boolean => {
  const [a, b] = [one.replace('*', ''), other.replace('*', '')];
  return one === other || (one.endsWith('*') && b.startsWith(a)) || (other.endsWith('*') && a.startsWith(b));
};

/** @throws AwsError ClientException */
const checkFairshare = (policy: FairsharePolicy | undefined): FairsharePolicy | undefined => {
  if (policy === undefined) return undefined;
  const { shareDecaySeconds, computeReservation, shareDistribution = [] } = policy;
  checkRange(shareDecaySeconds, 'shareDecaySeconds', DECAY_SECONDS_MAX);
  checkRange(computeReservation, 'computeReservation', RESERVATION_MAX);
  if (shareDistribution.length > SHARES_MAX) {
    throw invalidParameter(`shareDistribution can have at most ${SHARES_MAX} share identifiers`);
  }
  const ids = shareDistribution.map(({ shareIdentifier = '' }) => shareIdentifier);
  for (const [index, id] of ids.entries()) {
    if (!SHARE.test(id)) throw invalidParameter(`shareIdentifier ${id} is not valid`);
    const other = ids.slice(0, index).find((before) => overlap(before, id));
    if (other !== undefined) throw invalidParameter(`shareIdentifier ${id} overlaps with ${other}`);
  }
  for (const { weightFactor = 1 } of shareDistribution) {
    if (!(weightFactor >= WEIGHT.min && weightFactor <= WEIGHT.max)) {
      throw invalidParameter(`weightFactor must be between ${WEIGHT.min} and ${WEIGHT.max}`);
    }
  }
  return structuredClone(policy);
};

export const findPolicy = (at: Regional, arn: string | undefined): SchedulingPolicy | undefined =>
  [...at.policies.values()].find((policy) => policy.arn === arn);

const create =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    const input = call.params as unknown as CreateSchedulingPolicyCommandInput;
    const name = checkName(input.name, 'name');
    const fairsharePolicy = checkFairshare(input.fairsharePolicy);
    const tags = checkTags(input.tags);
    if (at.policies.has(name)) throw refusal('Object already exists');
    const arn = batchArn(at, `scheduling-policy/${name}`);
    at.policies.set(name, { name, arn, tags, ...(fairsharePolicy && { fairsharePolicy }) });
    return world.answer(call, { name, arn });
  };

const describe =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const { arns = [] } = call.params as unknown as DescribeSchedulingPoliciesCommandInput;
    if (arns.length > DESCRIBED_MAX)
      throw invalidParameter(`At most ${DESCRIBED_MAX} scheduling policies can be described`);
    const at = store.of(call.account, call.region);
    const found = arns.map((arn) => findPolicy(at, arn)).filter((each) => each !== undefined);
    return world.answer(call, { schedulingPolicies: structuredClone(found) });
  };

const list =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    const { page, ...more } = pageOf([...at.policies.values()], call.params.maxResults, call.params.nextToken);
    return world.answer(call, { schedulingPolicies: page.map(({ arn }) => ({ arn })), ...more });
  };

const update =
  ({ world, store }: BatchDeps): Rule =>
  async (call) => {
    const input = call.params as unknown as UpdateSchedulingPolicyCommandInput;
    const found = findPolicy(store.of(call.account, call.region), input.arn);
    if (!found) throw invalidParameter(`Scheduling policy ${input.arn} does not exist`);
    const fairsharePolicy = checkFairshare(input.fairsharePolicy);
    if (fairsharePolicy) found.fairsharePolicy = fairsharePolicy;
    return world.answer(call, {});
  };

const remove =
  ({ world, store, settle }: BatchDeps): Rule =>
  async (call) => {
    const at = store.of(call.account, call.region);
    await settle(at);
    const found = findPolicy(at, String(call.params.arn ?? ''));
    // As with environments and queues: what is not there gets the quiet answer.
    if (!found) return world.answer(call, {});
    const users = [...at.queues.values()].filter(
      ({ detail }) => detail.status !== 'DELETED' && detail.schedulingPolicyArn === found.arn,
    );
    if (users.length > 0) throw refusal('Cannot delete, found existing JobQueue relationship');
    at.policies.delete(found.name);
    return world.answer(call, {});
  };
