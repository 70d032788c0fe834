/** May Eyrie do all that a policy allows? Asked beforehand, so that a create does not end half-way for the want of a right. */
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Aws } from '#aws/clients.ts';
import { type Missing, missingOf, principalArnOf, questionOf } from '#aws/simulate.ts';
import { codeOf, fail, type Problem } from '#domain/core/failures.ts';
import type { PolicyDocument } from '#domain/resources/policy-document.ts';
import type { Spec } from '#domain/resources/spec.ts';
import type { ActivityDeps } from '../deps.ts';
import { whenEntered } from '../shared/visible.ts';

const POINTER = '/account';

/** What could not be found out. */
export interface RightsVerdict {
  readonly warnings: readonly string[];
}

export const preflightRightsActivities = (deps: Pick<ActivityDeps, 'aws' | 'timing'>) => ({
  /** @throws Denied with a problem for each action that is missing. */
  async preflightRights({ account }: Spec, policies: readonly PolicyDocument[]): Promise<RightsVerdict> {
    const { aws } = deps;
    const { Arn = '' } = await whenEntered(account, deps, () =>
      aws.sts(account).send(new GetCallerIdentityCommand({})),
    );
    let missing: readonly Missing[];
    try {
      missing = await missingFor(aws.iam(account), Arn, policies);
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

const missingFor = async (
  iam: ReturnType<Aws['iam']>,
  caller: string,
  policies: readonly PolicyDocument[],
): Promise<readonly Missing[]> => {
  const principal = await principalArnOf(iam, caller);
  if (principal === undefined) return [];
  const missing: Missing[] = [];
  for (const statement of policies.flatMap(({ Statement }) => Statement)) {
    const question = questionOf(statement);
    if (question) missing.push(...(await missingOf(iam, principal, question)));
  }
  return missing;
};

/** Each action once, with all that it is missing on. */
const problemsOf = (missing: readonly Missing[]): Problem[] =>
  [...Map.groupBy(missing, ({ action }) => action)].map(([action, all]) => {
    const resources = [...new Set(all.map(({ resource }) => resource))].join(', ');
    const how = all.some(({ explicit }) => explicit) ? 'a policy denies it' : 'no policy allows it';
    return { pointer: POINTER, detail: `${action} on ${resources}: ${how}` };
  });
