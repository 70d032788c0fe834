/** From a holder to its policy, its IAM user and its keys. Pure: same input, same plan. */
import { fail } from '../core/failures.ts';
import type { Owner } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { AccessKeySpec, PolicySpec, UserSpec } from '../resources/identity.ts';
import { renderPolicy } from '../resources/policy-document.ts';
import type { HolderInput } from './input.ts';
import { iamUserName, nameTagOf } from './names.ts';
import { keyPolicy } from './policy.ts';
import { holderName, keyHolderSubject } from './subject.ts';

export interface KeyHolderPlan {
  readonly policy: PolicySpec;
  readonly user: UserSpec;
  /** @param run the call that makes it */
  readonly key: (run: string) => AccessKeySpec;
}

/** The run of whatever belongs to no single call. */
const ANY_RUN = 'keys';

/** @throws Invalid for a user id that is no name for IAM */
export const planKeyHolder = (holder: HolderInput): KeyHolderPlan => {
  const { environment, hostname, userId, role, bucket, account } = holder;
  const name = iamUserName(hostname, holderName(userId, role));
  if (name === undefined) throw fail('Invalid', `${JSON.stringify(userId)} can't stand in the name of an IAM user`);
  const owner: Owner = {
    kind: 'key-holder',
    id: subjectId(keyHolderSubject(environment, userId, role)),
    run: ANY_RUN,
    environment,
  };
  const tag = nameTagOf(hostname);
  return {
    // gen3-workflow tags no policy: the path is the holder's own.
    policy: {
      ...{ account, owner, name: `${name}-policy`, tags: { Name: tag }, adoptable: { tags: {} } },
      path: `/${name}/`,
      document: renderPolicy(keyPolicy({ bucket, account, role })),
    },
    // It does tag users, in lower case.
    user: { account, owner, name, tags: { name: tag }, adoptable: { tags: { name: tag } }, path: '/' },
    key: (run) => ({
      ...{ account, owner: { ...owner, run }, userName: name },
      probes: role === 'system' ? [{ identifies: true }, { heads: { bucket } }] : [{ identifies: true }],
      keepsOthers: true,
    }),
  };
};
