/** What `eyrie doctor --pay-model` says of the role in a pay model's own account. */
import type { SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { checkPayModel } from '#doctor/pay-models.ts';
import { questionsOf } from '#doctor/published-rights.ts';
import { fail } from '#domain/core/failures.ts';
import { PLACEHOLDERS } from '../domain/role-documents.ts';

const ACCOUNT = {
  accountId: '444455556666',
  region: 'us-east-1',
  roleArn: 'arn:aws:iam::444455556666:role/csoc_adminvm',
  externalId: 'x',
};
const QUESTIONS = questionsOf('payModel', PLACEHOLDERS);

/** A role that may all but these actions; undefined: it may not ask. */
const roleThat = (denied: readonly string[] | undefined) => {
  const asked: (string | undefined)[] = [];
  const send = async ({ input }: SimulatePrincipalPolicyCommand) => {
    if (!denied) throw fail('Denied', 'not allowed to simulate');
    asked.push(input.PolicySourceArn);
    const EvaluationResults = (input.ActionNames ?? []).map((EvalActionName) => ({
      ...{ EvalActionName, EvalResourceName: '*' },
      EvalDecision: denied.includes(EvalActionName) ? 'implicitDeny' : 'allowed',
    }));
    return { EvaluationResults };
  };
  const sts = { send: async () => ({ Arn: 'arn:aws:sts::444455556666:assumed-role/csoc_adminvm/eyrie' }) };
  return { aws: { sts: () => sts, iam: () => ({ send }) } as never, asked };
};

test('a role with all rights is well, and is the one that is asked about', async () => {
  const { aws, asked } = roleThat([]);
  const findings = await checkPayModel(aws, ACCOUNT, QUESTIONS);
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect(findings.map(({ check }) => check)).toContain('provisioning-network in 444455556666');
  expect(new Set(asked)).toEqual(new Set([ACCOUNT.roleArn]));
});

test('a right that is missing is named, with the command that gives it there', async () => {
  const findings = await checkPayModel(roleThat(['ec2:CreateVpc']).aws, ACCOUNT, QUESTIONS);
  expect(findings.filter(({ verdict }) => verdict === 'problem')).toMatchObject([
    {
      check: 'provisioning-network in 444455556666',
      detail: expect.stringMatching(/csoc_adminvm lacks ec2:CreateVpc on /),
      todo: expect.stringContaining('`eyrie bootstrap --apply --pay-model`, with credentials of account 444455556666'),
    },
  ]);
});

test('one that may not ask is not known to be well, and one that can not be entered is a problem', async () => {
  const [entered, ...rights] = await checkPayModel(roleThat(undefined).aws, ACCOUNT, QUESTIONS);
  expect(entered?.verdict).toBe('ok');
  expect(rights).toMatchObject([{ check: 'rights in 444455556666', verdict: 'unknown' }]);
  expect(rights[0]?.todo).toMatch(/own-rights\.json.*`eyrie bootstrap --apply --pay-model`/);

  const closed = { send: () => Promise.reject(fail('Denied', 'sts:AssumeRole: AccessDenied')) };
  const aws = { sts: () => closed, iam: () => closed } as never;
  expect(await checkPayModel(aws, ACCOUNT, QUESTIONS)).toMatchObject([
    { verdict: 'problem', detail: expect.stringContaining('with the external id of aws.externalId: sts:AssumeRole') },
  ]);
});
