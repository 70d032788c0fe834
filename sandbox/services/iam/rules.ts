/**
 * What the rules of IAM share: one writer per account at a time, the snapshot dropped after a change, AWS's wording.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */

import type { Answer, Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import type { Locks } from '../../core/locks.ts';
import type { World } from '../../core/world.ts';
import type { Snapshots } from './contract.ts';
import { checkNames } from './names.ts';

export interface IamContext {
  readonly world: World;
  readonly snapshots: Snapshots;
  readonly serial: Locks;
  /** When and for what an access key was used last. */
  readonly lastUsed: Map<string, { at: number; service: string; region: string }>;
  /** Roles and instance profiles that exist but cannot be used yet: `account/name` → milliseconds since the epoch. */
  readonly readyAt: {
    readonly roles: Map<string, number>;
    readonly profiles: Map<string, number>;
    /** When the role inside is seen, too. */
    readonly profileRoles: Map<string, number>;
  };
}

interface Steps {
  /** Looks before moto is asked; throws, or answers by itself when there is nothing to change. */
  readonly before?: (call: Call) => Promise<Answer | undefined> | Answer | undefined;
  /** After moto said yes. */
  readonly after?: (call: Call, answer: Answer) => Promise<Answer | undefined> | Answer | undefined;
}

export const text = (call: Call, name: string): string => {
  const value = call.params[name];
  return typeof value === 'string' ? value : value === undefined ? '' : String(value);
};

export const conflict = (message: string): AwsError => new AwsError('DeleteConflict', message, 409);
export const exists = (message: string): AwsError => new AwsError('EntityAlreadyExists', message, 409);
export const exceeded = (message: string): AwsError => new AwsError('LimitExceeded', message, 409);
export const noSuchEntity = (message: string): AwsError => new AwsError('NoSuchEntity', message, 404);
export const invalidInput = (message: string): AwsError => new AwsError('InvalidInput', message);

/** moto's texts, and AWS's. */
const WORDING: readonly [RegExp, string][] = [
  [/>Role (\S+) not found</, '>The role with name $1 cannot be found.<'],
  [/>Group (\S+) not found</, '>The group with name $1 cannot be found.<'],
  [/>User (\S+) already exists</, '>User with name $1 already exists.<'],
  [/>Group (\S+) already exists</, '>Group with name $1 already exists.<'],
  [/>Instance profile (\S+) not found</, '>Instance Profile $1 cannot be found.<'],
  [/>Policy (arn:\S+) not found</, '>Policy $1 was not found.<'],
  [/>Policy (\S+) not found</, '>The policy with name $1 cannot be found.<'],
  [/>Policy Document (\S+) not attached to role ([^\s<]+)</, '>The role policy with name $1 cannot be found.<'],
];

const reword = (answer: Answer): Answer => {
  if (answer.status < 400) return answer;
  // moto tells the text of some errors twice, once under a name that AWS does not know.
  let body = answer.body.toString('utf8').replace(/<message>[^<]*<\/message>/, '');
  for (const [pattern, wording] of WORDING) body = body.replace(pattern, wording);
  return {
    ...answer,
    headers: { ...answer.headers, 'content-length': `${Buffer.byteLength(body)}` },
    body: Buffer.from(body),
  };
};

/** A call that only looks. */
export const read =
  (before?: Steps['before']): Rule =>
  async (call, forward) =>
    (await before?.(call)) ?? reword(await forward());

/** A call that changes something of the account. */
export const write =
  ({ world, snapshots, serial }: IamContext, { before, after }: Steps = {}): Rule =>
  (call, forward) =>
    serial(call.account, async () => {
      checkNames(call.params);
      const early = await before?.(call);
      if (early) return early;
      let answer: Answer;
      try {
        answer = await forward();
      } catch (error) {
        snapshots.drop(call.account);
        throw error;
      }
      if (answer.status >= 300) return reword(answer);
      await snapshots.apply(call, () => world.decode(call, answer));
      return (await after?.(call, answer)) ?? answer;
    });
