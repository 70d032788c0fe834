/** Claiming an environment's name in an account before anything is made, or taken away, under it. */
import { findClaimant, putClaimant } from '#aws/environment-claim.ts';
import type { AccountRef } from '#domain/core/account.ts';
import { refusalToWork } from '#domain/core/environment-claim.ts';
import { codeOf, fail } from '#domain/core/failures.ts';
import type { ActivityDeps } from '../deps.ts';
import { lookAgain } from '../shared/look.ts';
import { whenEntered } from '../shared/visible.ts';

type Deps = Pick<ActivityDeps, 'aws' | 'control' | 'timing'>;

/** A name of nobody's becomes this installation's. @throws Conflict where it is another one's; NotYet where that shows later */
export const requireClaim = async (deps: Deps, account: AccountRef, environment: string): Promise<void> => {
  const ssm = deps.aws.ssm(account);
  const own = await deps.control.installation.ensure(environment);
  const holder = await findClaimant(ssm, environment);
  if (!holder) {
    try {
      return await putClaimant(ssm, environment, own, { takesOver: false });
    } catch (error) {
      if (codeOf(error) !== 'AlreadyExists') throw error;
      throw lookAgain(`somebody else claims the environment ${environment} in account ${account.accountId}`, deps);
    }
  }
  const refusal = refusalToWork({ ...account, environment }, holder, own);
  if (refusal !== undefined) throw fail('Conflict', refusal);
};

export const environmentClaimActivities = (deps: Deps) => ({
  /** @throws Conflict where another installation works under the name in this account */
  claimEnvironment: ({ account, owner }: { account: AccountRef; owner: { environment: string } }): Promise<void> =>
    whenEntered(account, deps, () => requireClaim(deps, account, owner.environment)),
});
