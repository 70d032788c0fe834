/** What the storage routes are built from, and how a refusal of the S3 side becomes a problem of the API. */
import type { Context } from 'hono';
import type { Door } from '#s3/audit.ts';
import type { SessionMint } from '#s3/identity/mint.ts';
import { NoBucketOwner } from '#s3/identity/token.ts';
import type { BucketSetup } from '#s3/setup-bucket.ts';
import type { ApiDeps, ApiEnv } from '../../deps.ts';
import { ApiProblem } from '../../problems.ts';
import { unauthorised } from '../../unauthorised.ts';
import type { UserStorage } from '../../user-storage/user-storage.ts';

export interface StorageDeps extends Pick<ApiDeps, 'authenticate' | 'awsEndpoint'> {
  readonly mint: SessionMint;
  /** Of a server that is not AWS: there the bucket alone is made. */
  readonly setup: BucketSetup;
  /** In AWS a workflow makes and removes it. Undefined: the upstream is somebody else's server. */
  readonly users?: UserStorage | undefined;
  /** `context.user.name` of a good token. Undefined: nobody has to have one. */
  readonly usernameOf?: ((bearer: string) => Promise<string | undefined>) | undefined;
  /** Image of tasks that name none, for the Nextflow configuration. Default: each brings its own. */
  readonly container?: string | undefined;
  /** Region that clients are told. */
  readonly region: string;
  /** Public URL of `/s3`; known once the server listens. */
  readonly endpoint: () => string;
}

/** The bearer token of a request. @throws Denied with 401 */
export const bearerOf = (c: Context): string => {
  const bearer = /^Bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (!bearer) throw unauthorised('a bearer token is needed');
  return bearer;
};

/** SDKs send the value of AWS_CONTAINER_AUTHORIZATION_TOKEN as it is, with `Bearer` or without. */
export const containerTokenOf = (c: Context): string => {
  const token = /^(?:Bearer +)?(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  if (!token) throw unauthorised('a token is needed');
  return token;
};

/** For the audit. */
export const doorOf = (c: Context<ApiEnv>): Door => ({ door: c.req.path, requestId: c.get('requestId') });

/** Runs a call of the S3 side. @throws Denied, Invalid, Unavailable */
export const asProblem = async <T>(call: Promise<T>): Promise<T> => {
  try {
    return await call;
  } catch (error) {
    throw problemOf(error);
  }
};

const problemOf = (error: unknown): unknown => {
  if (error instanceof NoBucketOwner)
    return error.isUser ? new ApiProblem('Denied', error.message) : unauthorised(error.message);
  const { code, message } = error as { code?: unknown; message?: unknown };
  const detail = typeof message === 'string' ? message : '';
  switch (code) {
    case 'InvalidAccessKeyId':
    case 'InvalidToken':
      return unauthorised('the token is not valid');
    case 'ExpiredToken':
      return unauthorised('the token has expired');
    case 'AccessDenied':
      return new ApiProblem('Denied', detail);
    case 'InvalidArgument':
      return new ApiProblem('Invalid', detail);
    case 'ServiceUnavailable':
      return new ApiProblem('Unavailable', detail);
    default:
      return error;
  }
};
