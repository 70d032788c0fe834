/** For whom a storage route is called, in Gen3's order of checks: the token, the user's name, then the right. */
import type { Context } from 'hono';
import { TASKS_RESOURCE } from '#domain/storage/access.ts';
import type { Principal, Right } from '#s3/identity/principal.ts';
import { ApiProblem } from '../../problems.ts';
import { unauthorised } from '../../unauthorised.ts';
import type { StorageCaller, UserStorage } from '../../user-storage/user-storage.ts';
import { asProblem, bearerOf, type StorageDeps } from './deps.ts';

/** An operator has none, for example. */
export const nameless = (): ApiProblem =>
  unauthorised(
    'the token has no user name (context.user.name): storage is that of a user, so ask with a token of theirs',
  );

type Deps = Pick<StorageDeps, 'mint' | 'usernameOf'>;

const callerOf = async ({ mint, usernameOf }: Deps, bearer: string): Promise<StorageCaller> => {
  const who = await asProblem(mint.identify(bearer));
  const username = who.kind === 'token' ? await usernameOf?.(bearer) : undefined;
  if (who.kind === 'token' && usernameOf && username === undefined) throw nameless();
  return { userId: who.userId, username, bucket: who.bucket, requestedBy: renderBearer(who, username) };
};

const renderBearer = ({ kind, userId, clientId }: Principal, username: string | undefined): string =>
  kind === 'client' ? `client:${clientId}` : `user:${username ?? userId}`;

/** Whoever may run tasks may have storage. @throws 401, 403 */
export const mayHaveStorage = async (c: Context, deps: Deps): Promise<StorageCaller> => {
  const bearer = bearerOf(c);
  const caller = await callerOf(deps, bearer);
  await asProblem(deps.mint.permit(bearer, 'create', () => TASKS_RESOURCE));
  return caller;
};

/** Who may do this to their own storage. @throws 401, 403 */
export const mayInStorage = async (c: Context, deps: Deps, right: Right): Promise<StorageCaller> => {
  const bearer = bearerOf(c);
  const caller = await callerOf(deps, bearer);
  await asProblem(deps.mint.permit(bearer, right));
  return caller;
};

/** Anybody with a good token, about themselves. @throws 401 */
export const withStorage = (c: Context, deps: Deps): Promise<StorageCaller> => callerOf(deps, bearerOf(c));

/** @throws NotFound where buckets are not this API's to remove. */
export const requireUsers = ({ users }: Pick<StorageDeps, 'users'>): UserStorage => {
  if (!users) throw new ApiProblem('NotFound', 'buckets of this S3 server are not made or removed here');
  return users;
};

/** Seconds after which a caller may ask again. */
export const RETRY_AFTER = '5';

export const locationOf = (id: string): string => `/v1/storage/${encodeURIComponent(id)}`;
