/**
 * SimulatePrincipalPolicy: what a user's, group's or role's policies say to actions on resources, for a caller who may ask.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
 */
import { evaluate } from '../../access/simulator.ts';
import type { Call, Caller, Rule } from '../../core/call.ts';
import type { NamedPolicy, Verdict } from '../../core/check.ts';
import { listOf, type Params, textOf } from '../../core/params.ts';
import { SERVICE_CONTROL_POLICIES } from '../../core/service-control-policies.ts';
import { type Principal, parseDocument, ROOT_POLICY } from './contract.ts';
import { findPrincipal } from './principals.ts';
import { type IamContext, invalidInput, noSuchEntity } from './rules.ts';

const PAGE_MAX = 100;
const ACTION = /^[a-z0-9-]+:[A-Za-z*]+$/;
/** @see https://github.com/aws/aws-cli/issues/10314 */
const ASSUMES = /^sts:Assume/i;
const ENTITY = /^arn:aws:iam::(\d{12}):(user|role)\/(?:.+\/)?([^/]+)$/;

export const simulateRules = (context: IamContext): Record<string, Rule> => ({
  SimulatePrincipalPolicy: async (call) => {
    const { principal, account } = await findSource(context, textOf(call.params, 'PolicySourceArn'));
    const questions = questionsOf(call);
    const size = Math.min(Number(call.params.MaxItems ?? PAGE_MAX), PAGE_MAX);
    const start = Number(textOf(call.params, 'Marker') || 0);
    const page = questions.slice(start, start + size);
    const results: unknown[] = [];
    for (const question of page) results.push(await answer(context, call, { ...question, principal, account }));
    const isTruncated = start + size < questions.length;
    return context.world.answer(call, {
      EvaluationResults: results,
      IsTruncated: isTruncated,
      ...(isTruncated && { Marker: String(start + size) }),
    });
  },
});

interface Source {
  readonly principal: Principal;
  readonly account: string;
}

/** A session is no source: its role has to be named. @throws AwsError InvalidInput, NoSuchEntity */
const findSource = async ({ snapshots }: IamContext, arn: string): Promise<Source> => {
  const [, account = '', kind, name = ''] = ENTITY.exec(arn) ?? [];
  if (!kind) throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`);
  const { users, roles } = await snapshots.of(account);
  if (![...users, ...roles].some(({ Arn }) => Arn === arn)) {
    throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
  }
  const caller: Caller =
    kind === 'user'
      ? { kind, account, arn, userName: name }
      : { kind: 'role', account, arn, roleName: name, sessionName: 'simulation' };
  return { principal: await findPrincipal(snapshots, caller), account };
};

interface Question {
  readonly action: string;
  readonly resource: string;
}

const questionsOf = ({ params }: Call): Question[] => {
  const actions = listOf(params, 'ActionNames').map(String);
  const bad = actions.find((action) => !ACTION.test(action));
  if (bad !== undefined) throw invalidInput(`Invalid Service Action: ${bad}`);
  const resources = listOf(params, 'ResourceArns').map(String);
  return actions.flatMap((action) =>
    (resources.length > 0 ? resources : ['*']).map((resource) => ({ action, resource })),
  );
};

/** Condition keys and their values, as the caller imagines them. */
const contextOf = ({ params }: Call): Record<string, string | string[]> =>
  Object.fromEntries(
    listOf(params, 'ContextEntries').map((each) => {
      const entry = each as Params;
      const values = listOf(entry, 'ContextKeyValues').map(String);
      const isList = textOf(entry, 'ContextKeyType').endsWith('List');
      return [textOf(entry, 'ContextKeyName'), isList ? values : (values[0] ?? '')];
    }),
  );

const matches = (pattern: string, action: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^$()|[\]\\{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    'i',
  ).test(action);

/** Keys that some statement on this action asks for and the caller did not tell. */
const missingKeys = (policies: readonly NamedPolicy[], action: string, told: ReadonlySet<string>): string[] => {
  const statements = policies.flatMap(({ policy }) =>
    [(policy as { Statement?: Params | Params[] }).Statement ?? []].flat(),
  );
  const keys = statements
    .filter(({ Action = '*' }) => [Action].flat().some((pattern) => matches(String(pattern), action)))
    .flatMap(({ Condition = {} }) => Object.values(Condition as Record<string, object>).flatMap(Object.keys));
  return [...new Set(keys)].filter((key) => !told.has(key.toLowerCase()));
};

const DECISIONS = { allowed: 'allowed', explicit: 'explicitDeny', implicit: 'implicitDeny' } as const;

const decisionOf = (verdict: Verdict): string =>
  verdict.allowed ? DECISIONS.allowed : verdict.explicit ? DECISIONS.explicit : DECISIONS.implicit;

/** @see https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html */
const keyPolicyOf = (account: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' }],
});

const answer = async (
  { world }: IamContext,
  call: Call,
  { action, resource, principal, account }: Question & Source,
): Promise<Params> => {
  const given = listOf(call.params, 'PolicyInputList').map((text, index) => ({
    name: `input ${index}`,
    policy: parseDocument(String(text)),
  }));
  const context = contextOf(call);
  const identityPolicies = [...principal.policies, ...given];
  // What a role's own trust says is left out of account, and so is whose role it is: identity policies decide alone.
  const owner = ASSUMES.test(action) ? account : resource.split(':')[4] || account;
  const question = {
    principal: principal.arn,
    action,
    resource,
    resourceAccount: /^\d{12}$/.test(owner) ? owner : account,
    context: { 'aws:PrincipalArn': principal.arn, 'aws:PrincipalAccount': account, ...context },
    identityPolicies,
    // Policies of resources are not looked up. A key's own is asked for always, so the one that leaves it to IAM stands in.
    ...(action.startsWith('kms:') && { resourcePolicy: keyPolicyOf(account) }),
  };
  const { boundary } = principal;
  const organisation = { serviceControlPolicies: world.assumed(account, SERVICE_CONTROL_POLICIES) };
  const verdict = await evaluate({ ...question, boundary, ...organisation });
  const byBoundary = boundary && (await evaluate({ ...question, identityPolicies: [boundary] }));
  const byOrganisation = await evaluate({ ...question, identityPolicies: [ROOT_POLICY], ...organisation });
  const told = new Set(
    [...Object.keys(context), 'aws:PrincipalArn', 'aws:PrincipalAccount'].map((key) => key.toLowerCase()),
  );
  return {
    EvalActionName: action,
    EvalResourceName: resource,
    EvalDecision: decisionOf(verdict),
    MatchedStatements: [],
    MissingContextValues: missingKeys(identityPolicies, action, told),
    OrganizationsDecisionDetail: { AllowedByOrganizations: byOrganisation.allowed },
    ...(byBoundary && { PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: byBoundary.allowed } }),
  };
};
