/** Whether the role that this runs under has every published right: IAM's simulator is asked, nothing is done. */
import type { IAMClient } from '@aws-sdk/client-iam';
import { missingOf } from '#aws/simulate.ts';
import { codeOf } from '#domain/core/failures.ts';
import { type Finding, messageOf, sayingOf } from './finding.ts';
import type { PublishedQuestion } from './published-rights.ts';

const { ok, problem, unknown } = sayingOf('rights');

type Iam = Pick<IAMClient, 'send'>;

export const ALLOW_LOOKING =
  'attach docs/reference/iam/doctor.json to whoever runs this, or run it with credentials that may look';

/** A finding for each document that is not fulfilled, with every right that lacks. */
export const checkRights = async (
  iam: Iam,
  whose: () => Promise<string | undefined>,
  questions: readonly PublishedQuestion[],
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
  questions: readonly PublishedQuestion[],
): Promise<Finding> => {
  const denied = new Set<string>();
  try {
    for (const question of questions) {
      for (const { action, resource, explicit } of await missingOf(iam, principal, question)) {
        denied.add(`${action} on ${resource}${explicit ? ' (denied explicitly)' : ''}`);
      }
    }
  } catch (error) {
    const todo = codeOf(error) === 'Denied' ? ALLOW_LOOKING : undefined;
    return unknown(document, `IAM's simulator can't be asked: ${messageOf(error)}`, todo);
  }
  const count = questions.reduce((sum, { actions }) => sum + actions.length, 0);
  if (denied.size === 0) return ok(document, `all ${count} rights are there`);
  return problem(
    document,
    `${principal} lacks ${[...denied].join(', ')}`,
    `attach docs/reference/iam/${document}.json as it is now, with its placeholders filled in: \`eyrie bootstrap --apply\` does`,
  );
};
