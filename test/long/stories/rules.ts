/** What AWS does to a workspace at random. */
import type { Random } from '../../s3/support/random.ts';
import type { Rule } from './player.ts';

const KINDS = ['throttle', 'internal', 'reset', 'lost-answer', 'slow', 'denied'] as const;

/** Calls at which much depends on what was there before: hit more often than their share. */
const DELICATE = [
  'iam:CreateAccessKey',
  'iam:GetUser',
  'iam:ListAccessKeys',
  'batch:UpdateComputeEnvironment',
  'batch:UpdateJobQueue',
  's3:PutObject',
  's3:GetObject',
  'ec2:TerminateInstances',
  'kms:CreateKey',
] as const;

export const pick = <T>(random: Random, all: readonly T[]): T => all[random.below(all.length)] as T;

const ruleOf = (random: Random, operations: readonly string[]): Rule => {
  const [service = '', operation = ''] = pick(random, random.below(3) === 0 ? DELICATE : operations).split(':');
  const fault = pick(random, KINDS);
  const forGood = fault === 'denied' && random.below(2) === 0;
  return {
    service,
    operation,
    fault,
    skip: random.below(3),
    times: forGood ? -1 : 1 + random.below(3),
    ...(fault === 'slow' && { delayMs: 50 + random.below(500) }),
  };
};

/** None in one of four acts, else one to six. */
export const rulesOf = (random: Random, operations: readonly string[]): Rule[] =>
  random.below(4) === 0 ? [] : Array.from({ length: 1 + random.below(6) }, () => ruleOf(random, operations));

/** Nothing here lasts, and nothing is refused: whoever tries again gets over it. */
export const areBearable = (rules: readonly Rule[]): boolean => rules.every(({ fault }) => fault !== 'denied');
