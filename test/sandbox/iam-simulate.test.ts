import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandInput,
} from '@aws-sdk/client-iam';
import { expect, type TestContext, test } from 'vitest';
import { createRole, refusal, rig } from './batch-rig.ts';
import { limitedCaller, rightsNeeded } from './caller.ts';

const policyOf = (...statements: object[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((each) => ({ Effect: 'Allow', Resource: '*', ...each })),
  });

const start = async (t: TestContext) => {
  const given = await rig(t);
  const role = await createRole(given, 'worker', 'ec2.amazonaws.com');
  const put = (...statements: object[]) =>
    given.iam.send(
      new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'p', PolicyDocument: policyOf(...statements) }),
    );
  const simulate = async (ActionNames: string[], more: Partial<SimulatePrincipalPolicyCommandInput> = {}) => {
    const input = { PolicySourceArn: role, ActionNames, ...more };
    const { EvaluationResults = [] } = await given.iam.send(new SimulatePrincipalPolicyCommand(input));
    return EvaluationResults.map(({ EvalActionName, EvalDecision }) => `${EvalActionName} ${EvalDecision}`);
  };
  return { ...given, role, put, simulate };
};

test.concurrent('each action is allowed, denied, or not allowed, on each resource', async (t) => {
  const { put, simulate } = await start(t);
  await put(
    { Action: 's3:GetObject', Resource: 'arn:aws:s3:::mine/*' },
    { Action: 'batch:*' },
    { Effect: 'Deny', Action: 'batch:DeleteJobQueue' },
  );
  expect(await simulate(['batch:SubmitJob', 'batch:DeleteJobQueue', 'iam:PassRole'])).toEqual([
    'batch:SubmitJob allowed',
    'batch:DeleteJobQueue explicitDeny',
    'iam:PassRole implicitDeny',
  ]);
  const ResourceArns = ['arn:aws:s3:::mine/key', 'arn:aws:s3:::other/key'];
  expect(await simulate(['s3:GetObject'], { ResourceArns })).toEqual([
    's3:GetObject allowed',
    's3:GetObject implicitDeny',
  ]);
});

test.concurrent('whether a role may be entered is asked of identity policies alone, in another account too', async (t) => {
  const { put, simulate } = await start(t);
  const theirs = 'arn:aws:iam::444455556666:role/reader';
  await put({ Action: ['sts:AssumeRole', 'ecr:BatchGetImage'], Resource: [theirs, 'arn:aws:ecr:*:*:repository/*'] });
  const ResourceArns = [theirs, 'arn:aws:iam::444455556666:role/other'];
  expect(await simulate(['sts:AssumeRole'], { ResourceArns })).toEqual([
    'sts:AssumeRole allowed',
    'sts:AssumeRole implicitDeny',
  ]);
  // A policy of the repository would have to allow it, too.
  const repository = 'arn:aws:ecr:us-east-1:444455556666:repository/tools';
  expect(await simulate(['ecr:BatchGetImage'], { ResourceArns: [repository] })).toEqual([
    'ecr:BatchGetImage implicitDeny',
  ]);
});

test.concurrent('a condition counts, and a key that nobody told is named', async (t) => {
  const { iam, role, put, simulate } = await start(t);
  await put({ Action: 'iam:PassRole', Condition: { StringEquals: { 'iam:PassedToService': 'batch.amazonaws.com' } } });
  const told = (value: string) => ({
    ResourceArns: [role],
    ContextEntries: [
      { ContextKeyName: 'iam:PassedToService', ContextKeyType: 'string' as const, ContextKeyValues: [value] },
    ],
  });
  expect(await simulate(['iam:PassRole'], told('batch.amazonaws.com'))).toEqual(['iam:PassRole allowed']);
  expect(await simulate(['iam:PassRole'], told('ec2.amazonaws.com'))).toEqual(['iam:PassRole implicitDeny']);
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({ PolicySourceArn: role, ActionNames: ['iam:PassRole', 's3:GetObject'] }),
  );
  expect(EvaluationResults).toMatchObject([
    { EvalDecision: 'implicitDeny', MissingContextValues: ['iam:PassedToService'] },
    { EvalDecision: 'implicitDeny', MissingContextValues: [] },
  ]);
});

test.concurrent('managed policies, a boundary, and policies that come with the question', async (t) => {
  const { iam, simulate } = await start(t);
  await iam.send(
    new AttachRolePolicyCommand({
      RoleName: 'worker',
      PolicyArn: 'arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role',
    }),
  );
  expect(await simulate(['ecs:Poll', 'ecs:CreateService'])).toEqual([
    'ecs:Poll allowed',
    'ecs:CreateService implicitDeny',
  ]);
  const PolicyInputList = [policyOf({ Action: 'ecs:CreateService' })];
  expect(await simulate(['ecs:CreateService'], { PolicyInputList })).toEqual(['ecs:CreateService allowed']);
  const { Policy } = await iam.send(
    new CreatePolicyCommand({ PolicyName: 'fence', PolicyDocument: policyOf({ Action: 's3:*' }) }),
  );
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: 'fenced',
      Path: '/forge/',
      PermissionsBoundary: Policy?.Arn,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      }),
    }),
  );
  expect(Role).toMatchObject({ Path: '/forge/', PermissionsBoundary: { PermissionsBoundaryArn: Policy?.Arn } });
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'fenced',
      PolicyName: 'all',
      PolicyDocument: policyOf({ Action: '*' }),
    }),
  );
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: Role?.Arn,
      ActionNames: ['s3:GetObject', 'ec2:RunInstances'],
    }),
  );
  expect(EvaluationResults).toMatchObject([
    { EvalDecision: 'allowed', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true } },
    { EvalDecision: 'implicitDeny', PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
  ]);
});

test.concurrent("the organisation's policies count", async (t) => {
  const { account, put, simulate } = await start(t);
  await put({ Action: '*' });
  const policy = JSON.parse(policyOf({ Effect: 'Deny', Action: 'fsx:*' }));
  await account.worlds({ serviceControlPolicies: [{ name: 'no-fsx', policy }] });
  expect(await simulate(['fsx:CreateFileSystem', 'batch:SubmitJob'])).toEqual([
    'fsx:CreateFileSystem explicitDeny',
    'batch:SubmitJob allowed',
  ]);
});

test.concurrent('a session, an absent role and what is no action are refused; results come in pages', async (t) => {
  const given = await start(t);
  const { account, iam, role, simulate } = given;
  const from = (PolicySourceArn: string) => refusal(simulate(['s3:GetObject'], { PolicySourceArn }));
  expect(await from(`arn:aws:sts::${account.id}:assumed-role/worker/session`)).toMatch(
    /^InvalidInputException: Invalid Entity Arn: .*does not clearly define entity type and name/,
  );
  expect(await from(`${role}x`)).toMatch(/^NoSuchEntity/);
  expect(await refusal(simulate(['not an action']))).toMatch(/^InvalidInput/);
  const ActionNames = ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'];
  const input = { PolicySourceArn: role, ActionNames, MaxItems: 2 };
  const first = await iam.send(new SimulatePrincipalPolicyCommand(input));
  expect(first).toMatchObject({ IsTruncated: true, EvaluationResults: [{}, {}] });
  const second = await iam.send(new SimulatePrincipalPolicyCommand({ ...input, Marker: first.Marker }));
  expect(second.EvaluationResults?.map(({ EvalActionName }) => EvalActionName)).toEqual(['s3:DeleteObject']);
  expect(second.IsTruncated).toBe(false);
  const caller = await limitedCaller(given);
  const ask = () =>
    new IAMClient(caller.client).send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: role, ActionNames }));
  expect(await rightsNeeded(caller, ask)).toEqual(['iam:SimulatePrincipalPolicy']);
});

test.concurrent('inline policies of a role are listed and read, and share 10,240 characters', async (t) => {
  const { iam, put } = await start(t);
  await put({ Action: 's3:GetObject' });
  const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName: 'worker' }));
  expect(PolicyNames).toEqual(['p']);
  const read = (PolicyName: string) => iam.send(new GetRolePolicyCommand({ RoleName: 'worker', PolicyName }));
  expect(decodeURIComponent((await read('p')).PolicyDocument ?? '')).toBe(policyOf({ Action: 's3:GetObject' }));
  expect(await refusal(read('none'))).toBe('NoSuchEntityException: The role policy with name none cannot be found.');
  const fill = (PolicyName: string, length: number) =>
    iam.send(
      new PutRolePolicyCommand({
        RoleName: 'worker',
        PolicyName,
        PolicyDocument: policyOf({ Action: 's3:GetObject', Resource: `arn:aws:s3:::${'x'.repeat(length)}` }),
      }),
    );
  await fill('big', 9_000);
  expect(await refusal(fill('more', 1_500))).toMatch(/^LimitExceededException: Maximum policy size of 10240 bytes/);
});
