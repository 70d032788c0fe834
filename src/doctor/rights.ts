/** Whether the role that this runs under has every published right: IAM's simulator is asked, nothing is done. */
import {
  type EvaluationResult,
  GetRoleCommand,
  type IAMClient,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { collect } from '#aws/pages.ts';
import { codeOf } from '#domain/failures.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';
import type { Question } from './published-rights.ts';

const { ok, problem, unknown } = sayingOf('rights');

type Iam = Pick<IAMClient, 'send'>;

export const ALLOW_LOOKING =
  'attach docs/reference/iam/doctor.json to whoever runs this, or run it with credentials that may look';

/** The ARN of the role of a session, with its path, or the user's own. Undefined of a root user, who may do anything. */
export const principalArnOf = async (iam: Iam, callerArn: string): Promise<string | undefined> => {
  if (/:root$/.test(callerArn)) return undefined;
  const [, role] = /:assumed-role\/([^/]+)\//.exec(callerArn) ?? [];
  if (role === undefined) return callerArn;
  // The ARN of a session leaves the path out.
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: role }));
  return Role?.Arn ?? callerArn;
};

const deniedOf = async (iam: Iam, principal: string, question: Question): Promise<string[]> => {
  // A page has a hundred results: what stands on a later one would pass for granted.
  const results = await collect<EvaluationResult>(async (Marker) => {
    const answer = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: principal,
        ActionNames: [...question.actions],
        ResourceArns: [...question.resources],
        ContextEntries: question.context.map(({ key, type, value }) => ({
          ContextKeyName: key,
          ContextKeyType: type,
          ContextKeyValues: [value],
        })),
        Marker,
      }),
    );
    return { items: answer.EvaluationResults, next: answer.IsTruncated ? answer.Marker : undefined };
  });
  return results
    .filter(({ EvalDecision }) => EvalDecision !== 'allowed')
    .map(
      ({ EvalActionName = '?', EvalResourceName = '*', EvalDecision }) =>
        `${EvalActionName} on ${EvalResourceName}${EvalDecision === 'explicitDeny' ? ' (denied explicitly)' : ''}`,
    );
};

/** A finding for each document that is not fulfilled, with every right that lacks. */
export const checkRights = async (
  iam: Iam,
  whose: () => Promise<string | undefined>,
  questions: readonly Question[],
): Promise<readonly Finding[]> => {
  let principal: string | undefined;
  try {
    principal = await whose();
  } catch (error) {
    return [unknown('role', messageOf(error), ALLOW_LOOKING)];
  }
  if (principal === undefined) {
    return [ok('rights', 'these are the credentials of the account itself: nothing is denied')];
  }
  const documents = Map.groupBy(questions, ({ document }) => document);
  const findings: Finding[] = [];
  for (const [document, asked] of documents) findings.push(await checkDocument(iam, principal, document, asked));
  return findings;
};

const checkDocument = async (
  iam: Iam,
  principal: string,
  document: string,
  questions: readonly Question[],
): Promise<Finding> => {
  const denied = new Set<string>();
  try {
    for (const question of questions) for (const one of await deniedOf(iam, principal, question)) denied.add(one);
  } catch (error) {
    const todo = codeOf(error) === 'Denied' ? ALLOW_LOOKING : undefined;
    return unknown(document, `IAM's simulator can't be asked: ${messageOf(error)}`, todo);
  }
  const count = questions.reduce((sum, { actions }) => sum + actions.length, 0);
  if (denied.size === 0) return ok(document, `all ${count} rights are there`);
  return problem(
    document,
    `${principal} lacks ${[...denied].join(', ')}`,
    `attach docs/reference/iam/${document}.json as it is now, with its placeholders filled in`,
  );
};
