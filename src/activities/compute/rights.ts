/**
 * May Eyrie do all that a policy allows? Asked of IAM's simulator beforehand, so that a create does not end half-way for
 * the want of a right. What only the call itself shows (a policy of a bucket or a key, an endpoint's) it does not know.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
import {
  type ContextEntry,
  type EvaluationResult,
  GetRoleCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import { collect } from '#aws/pages.ts';
import { codeOf, fail, type Problem } from '#domain/failures.ts';
import type { PolicyDocument, Statement } from '#domain/resources/policy-document.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';

const POINTER = '/account';

/** What could not be found out. */
export interface RightsVerdict {
  readonly warnings: readonly string[];
}

export const preflightRightsActivities = ({ aws }: Pick<ActivityDeps, 'aws'>) => ({
  /** @throws Denied with a problem for each action that is missing. */
  async preflightRights({ account }: Spec, policies: readonly PolicyDocument[]): Promise<RightsVerdict> {
    const { Arn = '' } = await aws.sts(account).send(new GetCallerIdentityCommand({}));
    // The root user may do all, and can't be simulated.
    if (Arn.endsWith(':root')) return { warnings: [] };
    const statements = policies.flatMap(({ Statement: all }) => all).filter(({ Effect }) => Effect === 'Allow');
    let missing: Missing[];
    try {
      missing = await simulate(aws, { account }, await principalOf(aws, { account }, Arn), statements);
    } catch (error) {
      if (codeOf(error) !== 'Denied') throw error;
      const why = 'its rights were not checked: it may not ask for them (iam:SimulatePrincipalPolicy, iam:GetRole)';
      return { warnings: [`${Arn}: ${why}`] };
    }
    if (missing.length === 0) return { warnings: [] };
    const problems = problemsOf(missing);
    throw fail('Denied', `${Arn} lacks rights: ${problems.map(({ detail }) => detail).join('; ')}`, { problems });
  },
});

type At = Pick<Spec, 'account'>;

interface Missing {
  readonly action: string;
  readonly resource: string;
  readonly explicit: boolean;
}

const SESSION = /^arn:[\w-]+:sts::\d{12}:assumed-role\/([^/]+)\//;

/** Of a session its role: the session's ARN doesn't tell the role's path. */
const principalOf = async (aws: Aws, { account }: At, arn: string): Promise<string> => {
  const RoleName = SESSION.exec(arn)?.[1];
  if (RoleName === undefined) return arn;
  return (await aws.iam(account).send(new GetRoleCommand({ RoleName }))).Role?.Arn ?? arn;
};

const simulate = async (
  aws: Aws,
  { account }: At,
  principal: string,
  statements: readonly Statement[],
): Promise<Missing[]> => {
  const iam = aws.iam(account);
  const missing: Missing[] = [];
  for (const statement of statements) {
    const ActionNames = listed(statement.Action).filter((action) => !action.includes('*'));
    if (ActionNames.length === 0) continue;
    const results = await collect<EvaluationResult>(async (Marker) => {
      const command = new SimulatePrincipalPolicyCommand({
        PolicySourceArn: principal,
        ActionNames,
        ResourceArns: listed(statement.Resource ?? '*'),
        ContextEntries: contextOf(statement),
        Marker,
      });
      const answer = await iam.send(command);
      return { items: answer.EvaluationResults, next: answer.IsTruncated ? answer.Marker : undefined };
    });
    missing.push(...results.flatMap(missingIn));
  }
  return missing;
};

const listed = (value: string | readonly string[]): string[] => (typeof value === 'string' ? [value] : [...value]);

/** As a call would come that the statement is meant for: with the first of the values that it wants. */
const contextOf = ({ Condition = {} }: Statement): ContextEntry[] =>
  Object.entries(Condition)
    // A key that is not there is unlike whatever is ruled out.
    .filter(([operator]) => !operator.includes('Not'))
    .flatMap(([operator, keys]) =>
      Object.entries(keys).flatMap(([ContextKeyName, values]): ContextEntry[] => {
        const [value = ''] = listed(values);
        if (operator !== 'Null') {
          return [{ ContextKeyName, ContextKeyType: typeOf(operator), ContextKeyValues: [value] }];
        }
        // `true` wants that there is none; `false` that there is one, whatever it says.
        if (value === 'true') return [];
        return [{ ContextKeyName, ContextKeyType: 'string', ContextKeyValues: ['any'] }];
      }),
    );

/** Operators are called by the type of what they compare; those of sets by `ForAllValues:` or `ForAnyValue:` before it. */
const typeOf = (operator: string): NonNullable<ContextEntry['ContextKeyType']> => {
  if (operator.startsWith('ForA')) return 'stringList';
  if (operator.startsWith('Bool')) return 'boolean';
  if (operator.startsWith('Numeric')) return 'numeric';
  if (operator.startsWith('Date')) return 'date';
  return operator.startsWith('Ip') ? 'ip' : 'string';
};

/** A result may stand for one resource, or list those that it is about. */
const missingIn = (result: EvaluationResult): Missing[] => {
  const { EvalActionName: action = '', ResourceSpecificResults = [] } = result;
  const each =
    ResourceSpecificResults.length > 0
      ? ResourceSpecificResults.map((one) => ({ of: one.EvalResourceName, decision: one.EvalResourceDecision }))
      : [{ of: result.EvalResourceName, decision: result.EvalDecision }];
  return each
    .filter(({ decision }) => decision !== 'allowed')
    .map(({ of = '*', decision }) => ({ action, resource: of, explicit: decision === 'explicitDeny' }));
};

/** Each action once, with all that it is missing on. */
const problemsOf = (missing: readonly Missing[]): Problem[] =>
  [...Map.groupBy(missing, ({ action }) => action)].map(([action, all]) => {
    const resources = [...new Set(all.map(({ resource }) => resource))].join(', ');
    const how = all.some(({ explicit }) => explicit) ? 'a policy denies it' : 'no policy allows it';
    return { pointer: POINTER, detail: `${action} on ${resources}: ${how}` };
  });
