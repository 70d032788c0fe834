/**
 * What IAM accepts as names and paths, and the ValidationError it answers otherwise.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
import { AwsError } from '../../core/error.ts';

/** Longest names; the charset is the same everywhere. */
const LENGTH_MAX: Readonly<Record<string, number>> = {
  UserName: 64,
  NewUserName: 64,
  RoleName: 64,
  GroupName: 128,
  PolicyName: 128,
  InstanceProfileName: 128,
};

const NAME = /^[\w+=,.@-]+$/;
const PATH = /^(\/|\/[\x21-\x7e]+\/)$/;

const member = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

export const validation = (message: string): AwsError => new AwsError('ValidationError', message);

/** @throws ValidationError */
export const checkNames = (params: Record<string, unknown>): void => {
  for (const [name, max] of Object.entries(LENGTH_MAX)) {
    const value = params[name];
    if (typeof value !== 'string') continue;
    if (value.length > max) {
      throw validation(
        `1 validation error detected: Value '${value}' at '${member(name)}' failed to satisfy constraint: ` +
          `Member must have length less than or equal to ${max}`,
      );
    }
    if (!NAME.test(value)) {
      throw validation(
        `The specified value for ${member(name)} is invalid. ` +
          'It must contain only alphanumeric characters and/or the following: +=,.@_-',
      );
    }
  }
  const path = params.Path;
  if (typeof path === 'string' && (path.length > 512 || !PATH.test(path))) {
    throw validation(
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters ' +
        'and/or / characters.',
    );
  }
};

/** @throws ValidationError when a required member is absent or empty. */
export const required = (params: Record<string, unknown>, ...names: string[]): void => {
  for (const name of names) {
    const value = params[name];
    if (value === undefined || value === '') {
      throw validation(
        `1 validation error detected: Value null at '${member(name)}' failed to satisfy constraint: Member must not be null`,
      );
    }
  }
};

export const sameName = (left: string | undefined, right: string | undefined): boolean =>
  left !== undefined && right !== undefined && left.toLowerCase() === right.toLowerCase();
