/**
 * What somebody may do, asked of IAM's simulator: nothing is done. What only the call itself shows (a policy of a bucket
 * or a key, an endpoint's) it does not know.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
import {
  type ContextEntry,
  type EvaluationResult,
  GetRoleCommand,
  type IAMClient,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import type { Statement } from '#domain/resources/policy-document.ts';
import { collect } from './pages.ts';

type Iam = Pick<IAMClient, 'send'>;

/** One statement as a question: all of these actions on all of these resources. */
export interface Question {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly context: readonly ContextEntry[];
}

/** A right that is not there. */
export interface Missing {
  readonly action: string;
  readonly resource: string;
  /** A policy denies it; else none allows it. */
  readonly explicit: boolean;
}

const SESSION = /^arn:[\w-]+:sts::\d{12}:assumed-role\/([^/]+)\//;

/** Whom to ask about: of a session its role, with its path. Undefined of a root user, who may do anything. */
export const principalArnOf = async (iam: Iam, callerArn: string): Promise<string | undefined> => {
  if (callerArn.endsWith(':root')) return undefined;
  const RoleName = SESSION.exec(callerArn)?.[1];
  if (RoleName === undefined) return callerArn;
  // The ARN of a session leaves the path out.
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  return Role?.Arn ?? callerArn;
};

/** Undefined where there is nothing to ask: IAM simulates actions, not patterns of them. */
export const questionOf = ({ Effect, Action, Resource = '*', Condition }: Statement): Question | undefined => {
  const actions = listed(Action).filter((action) => !action.includes('*'));
  if (Effect !== 'Allow' || actions.length === 0) return undefined;
  return { actions, resources: listed(Resource), context: contextOf(Condition) };
};

/** What `principal` lacks. */
export const missingOf = async (iam: Iam, principal: string, question: Question): Promise<Missing[]> => {
  // A page has a hundred results: what stands on a later one would pass for granted.
  const results = await collect<EvaluationResult>(async (Marker) => {
    const command = new SimulatePrincipalPolicyCommand({
      PolicySourceArn: principal,
      ActionNames: [...question.actions],
      ResourceArns: [...question.resources],
      ContextEntries: [...question.context],
      Marker,
    });
    const answer = await iam.send(command);
    return { items: answer.EvaluationResults, next: answer.IsTruncated ? answer.Marker : undefined };
  });
  return results.flatMap(missingIn);
};

const listed = (value: string | readonly string[]): string[] => (typeof value === 'string' ? [value] : [...value]);

/** As a call would come that the statement is meant for: with the first of the values that it wants. */
const contextOf = (condition: Statement['Condition'] = {}): ContextEntry[] => {
  const entries = Object.entries(condition)
    // A key that is not there is unlike whatever is ruled out.
    .filter(([operator]) => !operator.includes('Not'))
    // What is wanted of a key says more than that it is there.
    .sort(([one], [other]) => Number(other === 'Null') - Number(one === 'Null'))
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
  return [...new Map(entries.map((entry) => [entry.ContextKeyName, entry])).values()];
};

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
