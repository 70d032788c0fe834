/** ARNs and conditions that limit rights to one compute environment. */
import { partitionOf } from '../core/account.ts';
import { claimParameter } from '../core/environment-claim.ts';
import { adoptedTags } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { Statement } from '../resources/policy-document.ts';
import type { ComputeInput } from './input.ts';
import { type ComputeNames, computeNames } from './names.ts';
import { planCompute } from './plan.ts';
import { roleArn } from './policies.ts';
import type { ComputePlan } from './specs.ts';
import { computeSubject } from './subject.ts';

type Condition = NonNullable<Statement['Condition']>;

export interface PhaseScope {
  readonly input: ComputeInput;
  readonly plan: ComputePlan;
  /** It has environments and queues of its own: it is no tenant. */
  readonly ownsQueues: boolean;
  readonly names: ComputeNames;
  /** Of a service in this region and account: `ec2('volume/*')`. */
  readonly arn: (service: string, rest: string) => string;
  /** `arn:aws`: what ARNs without region or account begin with. */
  readonly partition: string;
  /** Names of this environment, of a kind of Batch. */
  readonly batch: (kind: 'compute-environment' | 'job-queue' | 'scheduling-policy' | 'job-definition') => string;
  readonly roles: string;
  readonly profiles: string;
  readonly logGroup: string;
  /** Of the environment's name, before anything is made. */
  readonly claim: Statement;
  /** What is made carries its owner's tag from the start. */
  readonly tagged: Condition;
  /** What is there carries it. */
  readonly owned: Condition;
}

export const phaseScope = (input: ComputeInput): PhaseScope => {
  const { accountId, region } = input.account;
  const names = computeNames(input);
  const partition = `arn:${partitionOf(region)}`;
  const arn = (service: string, rest: string) => `${partition}:${service}:${region}:${accountId}:${rest}`;
  const { environment } = input;
  const owner = { kind: 'compute-environment', id: subjectId(computeSubject(input)), run: '', environment } as const;
  const tags = (of: string) =>
    Object.fromEntries(Object.entries(adoptedTags(owner)).map(([key, value]) => [`aws:${of}/${key}`, value]));
  const { rolePath } = input.config.eyrie;
  return {
    input,
    plan: planCompute(input, ''),
    ownsQueues: !input.tenancy,
    names,
    arn,
    partition,
    batch: (kind) => arn('batch', `${kind}/${names.main}*`),
    roles: roleArn(input.account, rolePath, `${names.main}-*`),
    profiles: `${partition}:iam::${accountId}:instance-profile${rolePath}${names.main}-*`,
    logGroup: arn('logs', `log-group:${names.logGroup}*`),
    claim: allow(
      'ClaimEnvironment',
      ['ssm:GetParameter', 'ssm:PutParameter'],
      arn('ssm', `parameter${claimParameter(environment)}`),
    ),
    tagged: { StringEquals: tags('RequestTag') },
    owned: { StringEquals: tags('ResourceTag') },
  };
};

/** Both conditions hold. */
export const both = (one: Condition, other: Condition): Condition => {
  const operators = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(operators.map((operator) => [operator, { ...one[operator], ...other[operator] }]));
};

export const allow = (
  Sid: string,
  Action: string | readonly string[],
  Resource: string | readonly string[],
  Condition?: Condition,
): Statement => ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition && { Condition }) });

/** Where it is wanted. */
export const only = (wanted: boolean, ...statements: readonly Statement[]): readonly Statement[] =>
  wanted ? statements : [];
