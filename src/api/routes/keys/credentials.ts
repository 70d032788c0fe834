import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Principal, Right } from '#s3/identity/principal.ts';
import type { ApiDeps, App } from '../../deps.ts';
import type { UserKeys } from '../../keys/user-keys.ts';
import { BEARER, idempotencyKey, json, problems } from '../../openapi.ts';
import { ApiProblem } from '../../problems.ts';
import { nameless } from '../storage/caller.ts';
import { asProblem, bearerOf, type StorageDeps } from '../storage/deps.ts';

const Made = z.object({ aws_key_id: z.string(), aws_key_secret: z.string() }).openapi('UserKey');

const KeyId = z
  .string()
  .regex(/^\w{1,128}$/)
  .openapi({ description: 'Id of the access key', example: 'AKIAIOSFODNN7EXAMPLE' });

const Listed = z
  .array(z.object({ aws_key_id: z.string(), status: z.string().openapi({ example: 'expires in 29 days' }) }))
  .openapi('UserKeys');

/** A client that acts for users has sessions for that: an IAM key is for the person alone. */
const personOf = (principal: Principal): Principal => {
  if (principal.kind !== 'client') return principal;
  throw new ApiProblem('Denied', "a client can't have keys of a user: take a session (POST /storage/session)");
};

const create = createRoute({
  method: 'post',
  path: '/storage/credentials',
  operationId: 'createUserKey',
  summary: "Make an access key for the caller's bucket",
  description:
    'The secret is shown in this answer and never again. With an `Idempotency-Key` the same caller gets the same answer again for ten minutes. ' +
    'At the limit of live keys the answer is 400: delete one first. Expired keys do not count.',
  security: BEARER,
  request: {
    headers: z.object({
      'idempotency-key': idempotencyKey('The same caller gets the same answer again for ten minutes'),
    }),
  },
  responses: {
    201: json(Made, 'The key'),
    ...problems(400, 'Invalid', 'NotFound', 'AlreadyClaimed', 'SealUnreadable'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/storage/credentials',
  operationId: 'listUserKeys',
  summary: "List the caller's access keys",
  description: '`status` is `expired`, or how long the key still works: `expires in 29 days`. No secret is shown.',
  security: BEARER,
  responses: { 200: json(Listed, 'The keys, without their secrets'), ...problems('Invalid', 'NotFound') },
});

const remove = createRoute({
  method: 'delete',
  path: '/storage/credentials/{key_id}',
  operationId: 'deleteUserKey',
  summary: "Delete one of the caller's access keys",
  description: '204 means that AWS has deleted it. 503: it may still work; its deletion is tried on.',
  security: BEARER,
  request: { params: z.object({ key_id: KeyId }) },
  responses: { 204: { description: 'The key is gone' }, ...problems('NotFound') },
});

export const registerUserKeys = (app: App, { mint, usernameOf }: StorageDeps, { userKeys, metrics }: ApiDeps): void => {
  const personIn = async (c: Context, right: Right): Promise<Principal> => {
    const bearer = bearerOf(c);
    const person = personOf(await asProblem(mint.permit(bearer, right)));
    if (usernameOf && (await usernameOf(bearer)) === undefined) throw nameless();
    return person;
  };

  const keys = (): UserKeys => {
    if (userKeys) return userKeys;
    throw new ApiProblem('NotFound', 'no keys are made for users here: `storage.userKeys` is off');
  };

  app.openapi(create, async (c) => {
    const user = await personIn(c, 'create');
    const made = await keys().create(user, c.req.valid('header')['idempotency-key'] ?? null);
    metrics.claimed();
    return c.json({ aws_key_id: made.accessKeyId, aws_key_secret: made.secretAccessKey }, 201);
  });

  app.openapi(list, async (c) => {
    const user = await personIn(c, 'read');
    const listed = await keys().list(user);
    return c.json(
      listed.map(({ id, status }) => ({ aws_key_id: id, status })),
      200,
    );
  });

  app.openapi(remove, async (c) => {
    const user = await personIn(c, 'delete');
    await keys().remove(user, c.req.valid('param').key_id);
    return c.body(null, 204);
  });
};
