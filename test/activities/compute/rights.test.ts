import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { preflightRightsActivities } from '#activities/compute/rights.ts';
import { factsOf, fail } from '#domain/core/failures.ts';
import { type PolicyDocument, renderPolicy } from '#domain/resources/policy-document.ts';
import { activityRig, attempt, complete, TIMING } from '../../control/rig.ts';
import { ownerOf } from './cases.ts';

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/eyrie/worker`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/worker/session`;
const FORGE = `arn:aws:iam::${ACCOUNT}:role/TowerForge-*`;

const POLICY: PolicyDocument = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Action: ['iam:CreateRole', 'iam:TagRole'], Resource: FORGE },
    {
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: FORGE,
      Condition: { StringEquals: { 'iam:PassedToService': ['ec2.amazonaws.com', 'batch.amazonaws.com'] } },
    },
    { Effect: 'Allow', Action: ['ec2:DescribeVpcs', 'ec2:Describe*'], Resource: '*' },
    { Effect: 'Deny', Action: 'iam:DeleteRole', Resource: '*' },
  ],
};

const renamed = (account: string): PolicyDocument =>
  JSON.parse(renderPolicy(POLICY).replaceAll(ACCOUNT, account)) as PolicyDocument;

interface Asked {
  readonly PolicySourceArn: string;
  readonly ActionNames: readonly string[];
  readonly ResourceArns: readonly string[];
  readonly ContextEntries: readonly object[];
  readonly Marker?: string;
}

interface Answer {
  readonly EvaluationResults: readonly object[];
  readonly IsTruncated?: boolean;
  readonly Marker?: string;
}

/** IAM and STS as far as they are asked. */
const fake = (caller: string, decide: (asked: Asked) => Answer) => {
  const asked: Asked[] = [];
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: unknown }) => {
    switch (command.constructor.name) {
      case 'GetCallerIdentityCommand':
        return { Arn: caller };
      case 'GetRoleCommand':
        return { Role: { Arn: ROLE } };
      default:
        asked.push(command.input as Asked);
        return decide(command.input as Asked);
    }
  };
  const aws = { sts: () => ({ send }), iam: () => ({ send }) };
  const { preflightRights } = preflightRightsActivities({ aws, timing: TIMING } as never);
  const account = { accountId: ACCOUNT, region: 'us-east-1', roleArn: null, externalId: null };
  const check = () => attempt(preflightRights, [{ account, owner: ownerOf('run-1') }, [POLICY]]);
  return { asked, check };
};

const allow = ({ ActionNames, ResourceArns }: Asked): Answer => ({
  EvaluationResults: ActionNames.map((EvalActionName) => ({
    EvalActionName,
    EvalResourceName: ResourceArns[0],
    EvalDecision: 'allowed',
  })),
});

test('each statement is simulated for the role of the session, as a call of its kind would come', async () => {
  const { asked, check } = fake(SESSION, allow);
  expect(await check()).toEqual({ warnings: [] });
  expect(asked).toMatchObject([
    {
      PolicySourceArn: ROLE,
      ActionNames: ['iam:CreateRole', 'iam:TagRole'],
      ResourceArns: [FORGE],
      ContextEntries: [],
    },
    {
      ActionNames: ['iam:PassRole'],
      ContextEntries: [
        { ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string', ContextKeyValues: ['ec2.amazonaws.com'] },
      ],
    },
    // IAM simulates actions, not patterns of them.
    { ActionNames: ['ec2:DescribeVpcs'], ResourceArns: ['*'] },
  ]);
});

test('each action that is missing is named once, on whatever page and in whatever form it is told', async () => {
  const { check } = fake(SESSION, (asked) => {
    if (asked.ActionNames.includes('iam:PassRole')) {
      const denied = { EvalResourceName: FORGE, EvalResourceDecision: 'explicitDeny' };
      const result = { EvalActionName: 'iam:PassRole', EvalDecision: 'allowed', ResourceSpecificResults: [denied] };
      return { EvaluationResults: [result] };
    }
    if (!asked.ActionNames.includes('iam:TagRole')) return allow(asked);
    const result = (EvalActionName: string, EvalDecision: string) => ({
      ...{ EvalActionName, EvalDecision, EvalResourceName: FORGE },
    });
    return asked.Marker === undefined
      ? { EvaluationResults: [result('iam:CreateRole', 'allowed')], IsTruncated: true, Marker: 'next' }
      : { EvaluationResults: [result('iam:TagRole', 'implicitDeny'), result('iam:TagRole', 'implicitDeny')] };
  });
  const error: unknown = await check().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ type: 'Denied', nonRetryable: true });
  expect(factsOf(error).problems).toEqual([
    { pointer: '/account', detail: `iam:TagRole on ${FORGE}: no policy allows it` },
    { pointer: '/account', detail: `iam:PassRole on ${FORGE}: a policy denies it` },
  ]);
});

test('whoever may not ask is warned, not refused', async () => {
  const { check } = fake(SESSION, () => {
    throw fail('Denied', 'iam:SimulatePrincipalPolicy: not allowed');
  });
  const { warnings } = await check();
  expect(warnings).toEqual([expect.stringMatching(/^arn:aws:sts::.*were not checked.*iam:SimulatePrincipalPolicy/)]);
  // Control: what fails otherwise is no warning.
  const broken = fake(SESSION, () => {
    throw fail('Unavailable', 'IAM is down');
  });
  await expect(broken.check()).rejects.toMatchObject({ type: 'Unavailable' });
});

test('a user is simulated by its ARN, and the root user not at all', async () => {
  const user = fake(`arn:aws:iam::${ACCOUNT}:user/eyrie`, allow);
  await user.check();
  expect(user.asked[0]?.PolicySourceArn).toBe(`arn:aws:iam::${ACCOUNT}:user/eyrie`);
  const root = fake(`arn:aws:iam::${ACCOUNT}:root`, allow);
  expect(await root.check()).toEqual({ warnings: [] });
  expect(root.asked).toEqual([]);
});

test("the sandbox's IAM allows a user with these very policies, and one without a statement lacks just its actions", async (t) => {
  const rig = await activityRig(t);
  const iam = new IAMClient(rig.account.client);
  const policies = [renamed(rig.account.id)];
  const userWith = async (UserName: string, statements: PolicyDocument['Statement']) => {
    await iam.send(new CreateUserCommand({ UserName }));
    const own = { Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: '*' } as const;
    const PolicyDocument = renderPolicy({ Version: '2012-10-17', Statement: [...statements, own] });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    };
    const { preflightRights } = preflightRightsActivities({ ...rig.deps, aws: rig.deps.aws.as(credentials) });
    return () => complete(preflightRights, { account: rig.ref, owner: ownerOf('run-1') }, policies);
  };
  const [create, pass, ...others] = policies[0]?.Statement ?? [];
  if (!create || !pass) throw new Error('the policy has two statements at least');
  const all = await userWith('all', [create, pass, ...others]);
  expect(await all()).toEqual({ warnings: [] });
  const some = await userWith('some', [create, ...others]);
  await expect(some()).rejects.toMatchObject({
    type: 'Denied',
    message: expect.stringMatching(/iam:PassRole on \S+: no policy allows it$/),
  });
});
