/**
 * Secrets, per account and region. Nothing of them goes to moto.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
 */
import { randomBytes } from 'node:crypto';
import { AwsError } from '../../core/error.ts';

export interface Secret {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  description: string;
  readonly kmsKeyId: string | undefined;
  tags: Record<string, string>;
  version:
    | { readonly id: string; readonly text?: string | undefined; readonly binary?: string | undefined }
    | undefined;
  /** Milliseconds since the epoch; undefined for one that stays. */
  deletedAt: number | undefined;
}

export interface Place {
  readonly account: string;
  readonly region: string;
}

export interface Regional extends Place {
  readonly secrets: Map<string, Secret>;
}

export const createStore = () => {
  const regions = new Map<string, Regional>();
  return {
    of({ account, region }: Place): Regional {
      const key = `${account}/${region}`;
      const found = regions.get(key) ?? { account, region, secrets: new Map() };
      regions.set(key, found);
      return found;
    },
    all: (account: string): Regional[] => [...regions.values()].filter((each) => each.account === account),
  };
};
export type Store = ReturnType<typeof createStore>;

const prefixOf = ({ account, region }: Place): string => `arn:aws:secretsmanager:${region}:${account}:secret:`;

/** A new secret's ARN ends in six letters that nobody can foresee. */
export const newArn = (at: Place, name: string): string => `${prefixOf(at)}${name}-${randomBytes(3).toString('hex')}`;

/** By name, by ARN, or by ARN without the six letters. */
export const findSecret = (at: Regional, id: string): Secret | undefined =>
  at.secrets.get(id) ?? [...at.secrets.values()].find(({ arn }) => arn === id || arn.slice(0, -7) === id);

/** What a policy has to name: of one that does not exist the six letters stay open. */
export const resourceOf = (at: Regional, id: string): string =>
  findSecret(at, id)?.arn ?? (id.startsWith('arn:') ? id : `${prefixOf(at)}${id}-??????`);

export const invalidRequest = (message: string): AwsError => new AwsError('InvalidRequestException', message);
export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);

/** @throws AwsError ResourceNotFoundException */
export const mustFind = (at: Regional, id: string): Secret => {
  const found = findSecret(at, id);
  if (!found) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  return found;
};

/** @throws AwsError ResourceNotFoundException, InvalidRequestException */
export const mustFindLiving = (at: Regional, id: string): Secret => {
  const found = mustFind(at, id);
  if (found.deletedAt === undefined) return found;
  throw invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
};
