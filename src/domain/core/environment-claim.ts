/**
 * Which installation an environment's name belongs to in an AWS account. Names and tags there say which environment a
 * thing is of, and not which control bucket knows of it: a second installation of the same name would adopt, dispose of
 * and sweep away what the first one runs.
 */

/** An installation as its claims name it. */
export interface Claimant {
  readonly controlBucket: string;
  /** Made once in its control bucket: a bucket that is lost and made anew is another installation. */
  readonly mark: string;
}

/** The SSM parameter that holds the claim: in each account and region that the environment works in. */
export const claimParameter = (environment: string): string => `/eyrie/${environment}/installation`;

export const renderClaimant = ({ controlBucket, mark }: Claimant): string => `${controlBucket}/${mark}`;

export const parseClaimant = (text: string): Claimant => {
  const [controlBucket = '', mark = ''] = text.trim().split('/');
  return { controlBucket, mark };
};

/** Where the name is claimed. */
export interface ClaimPlace {
  readonly environment: string;
  /** Empty: Eyrie's own, whose number nobody has asked for. */
  readonly accountId: string;
  readonly region: string;
}

const TAKE_OVER = '`eyrie doctor --take-over`';

/** Why the name is not to be used there, and what to do; undefined where it is one's own. */
export const refusalToWork = (
  { environment, accountId, region }: ClaimPlace,
  holder: Claimant,
  own: Claimant,
): string | undefined => {
  const name = `the environment ${environment} in ${accountId === '' ? 'this account' : `account ${accountId}`}, ${region}, belongs to`;
  const isBucket = holder.controlBucket === own.controlBucket;
  if (holder.mark === own.mark) {
    if (isBucket) return undefined;
    return `${name} the installation with the control bucket ${holder.controlBucket}, of which ${own.controlBucket} is a copy: where that one is given up, take the name over with ${TAKE_OVER}`;
  }
  if (isBucket) {
    return `${name} an installation with an earlier control bucket ${holder.controlBucket}, whose records are not in this one: restore them, then take the name over with ${TAKE_OVER}`;
  }
  return `${name} the installation with the control bucket ${holder.controlBucket}: give this one (${own.controlBucket}) another environment or account or, where that one is gone for good, take the name over with ${TAKE_OVER}`;
};
