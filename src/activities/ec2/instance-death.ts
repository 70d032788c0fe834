/** Why an instance ended that nobody ended: EC2 takes a launch, and finds out afterwards that it can't carry it out. */
import type { Instance } from '@aws-sdk/client-ec2';
import type { ApplicationFailure } from '@temporalio/common';
import { fail } from '#domain/core/failures.ts';

const DEAD = ['shutting-down', 'terminated'];

/** Somebody's wish: by a call, or from inside. Another instance may live. */
const WISHED = /^Client\.(User|Instance)InitiatedShutdown$/;

export const isDead = ({ State }: Instance): boolean => DEAD.includes(State?.Name ?? '');

/**
 * With EC2's own reason, for example that the default key of the volumes may not be used. Undefined where somebody
 * wished its end, or EC2 says nothing: then the next instance need not fare the same.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
 */
export const deathOf = (instance: Instance): ApplicationFailure | undefined => {
  const { Code = '', Message } = instance.StateReason ?? {};
  if (!isDead(instance) || Code === '' || WISHED.test(Code)) return undefined;
  const type = /LimitExceeded$/.test(Code) ? 'QuotaExceeded' : 'Invalid';
  return fail(type, `EC2 ended instance ${instance.InstanceId} at its start: ${Message ?? Code}`, { awsCode: Code });
};
