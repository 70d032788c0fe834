/**
 * Secrets wait for their deletion for 7 to 30 days, and keep their name meanwhile, unless they are told to go at once.
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { listOf, type Params, readTags, textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import {
  invalidParameter,
  invalidRequest,
  mustFind,
  mustFindLiving,
  newArn,
  type Regional,
  type Secret,
  type Store,
} from './state.ts';

const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const WINDOW_DAYS = { min: 7, max: 30, initial: 30 };
const DAY_MS = 86_400_000;
const PAGE_MAX = 100;

export const secretRules = (world: World, store: Store): Record<string, Rule> => {
  const living = (call: Call): Secret => mustFindLiving(store.of(call), textOf(call.params, 'SecretId'));
  return {
    CreateSecret: async (call) => world.answer(call, create(world, store.of(call), call)),
    DescribeSecret: async (call) =>
      world.answer(call, described(mustFind(store.of(call), textOf(call.params, 'SecretId')))),
    GetSecretValue: async (call) => {
      const { version, ...found } = living(call);
      if (!version) {
        throw new AwsError(
          'ResourceNotFoundException',
          "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
        );
      }
      return world.answer(call, {
        ARN: found.arn,
        Name: found.name,
        VersionId: version.id,
        ...(version.text !== undefined && { SecretString: version.text }),
        ...(version.binary !== undefined && { SecretBinary: version.binary }),
        VersionStages: ['AWSCURRENT'],
        CreatedDate: found.createdAt,
      });
    },
    PutSecretValue: async (call) => {
      const found = living(call);
      found.version = versionOf(call);
      return world.answer(call, { ARN: found.arn, Name: found.name, VersionId: found.version?.id });
    },
    UpdateSecret: async (call) => {
      const found = living(call);
      if (call.params.Description !== undefined) found.description = textOf(call.params, 'Description');
      found.version = versionOf(call) ?? found.version;
      return world.answer(call, { ARN: found.arn, Name: found.name, VersionId: found.version?.id });
    },
    ListSecrets: async (call) => world.answer(call, list(store.of(call), call)),
    DeleteSecret: async (call) => world.answer(call, remove(world, store.of(call), call)),
    RestoreSecret: async (call) => {
      const found = mustFind(store.of(call), textOf(call.params, 'SecretId'));
      found.deletedAt = undefined;
      return world.answer(call, { ARN: found.arn, Name: found.name });
    },
    TagResource: async (call) => {
      const found = living(call);
      found.tags = { ...found.tags, ...readTags(call.params.Tags) };
      return world.answer(call, {});
    },
    UntagResource: async (call) => {
      const found = living(call);
      const keys = listOf(call.params, 'TagKeys').map(String);
      found.tags = Object.fromEntries(Object.entries(found.tags).filter(([key]) => !keys.includes(key)));
      return world.answer(call, {});
    },
  };
};

const versionOf = ({ params }: Call): Secret['version'] => {
  const { SecretString: text, SecretBinary: binary } = params as Record<string, string | undefined>;
  if (text !== undefined && binary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  if (text === undefined && binary === undefined) return undefined;
  return { id: textOf(params, 'ClientRequestToken') || crypto.randomUUID(), text, binary };
};

const create = (world: World, at: Regional, call: Call): Params => {
  const name = textOf(call.params, 'Name');
  if (!NAME.test(name)) {
    throw invalidParameter(
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    );
  }
  const version = versionOf(call);
  const known = at.secrets.get(name);
  if (known?.deletedAt !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  // The same token with the same content is the same call.
  const isAgain = known?.version && version && known.version.id === version.id && known.version.text === version.text;
  if (known && !isAgain) {
    throw new AwsError('ResourceExistsException', `The operation failed because the secret ${name} already exists.`);
  }
  const secret: Secret = known ?? {
    name,
    arn: newArn(at, name),
    createdAt: world.now(),
    description: textOf(call.params, 'Description'),
    kmsKeyId: textOf(call.params, 'KmsKeyId') || undefined,
    tags: readTags(call.params.Tags),
    version,
    deletedAt: undefined,
  };
  at.secrets.set(name, secret);
  return { ARN: secret.arn, Name: name, ...(secret.version && { VersionId: secret.version.id }) };
};

const described = (one: Secret): Params => ({
  ARN: one.arn,
  Name: one.name,
  Description: one.description,
  ...(one.kmsKeyId && { KmsKeyId: one.kmsKeyId }),
  CreatedDate: one.createdAt,
  ...(one.deletedAt !== undefined && { DeletedDate: one.deletedAt }),
  Tags: Object.entries(one.tags).map(([Key, Value]) => ({ Key, Value })),
  ...(one.version && { VersionIdsToStages: { [one.version.id]: ['AWSCURRENT'] } }),
});

const FILTERS: Readonly<Record<string, (one: Secret) => readonly string[]>> = {
  name: ({ name }) => [name],
  description: ({ description }) => [description],
  'tag-key': ({ tags }) => Object.keys(tags),
  'tag-value': ({ tags }) => Object.values(tags),
};

/** Values of a filter are prefixes, and a `!` before one turns it round. */
const fits = (one: Secret, filter: Params): boolean => {
  const texts = FILTERS[textOf(filter, 'Key')]?.(one);
  if (!texts) throw invalidParameter(`${textOf(filter, 'Key')} is not a filter of ListSecrets.`);
  return listOf(filter, 'Values').some((value) => {
    const wanted = String(value);
    return wanted.startsWith('!')
      ? !texts.some((text) => text.startsWith(wanted.slice(1)))
      : texts.some((text) => text.startsWith(wanted));
  });
};

const list = (at: Regional, { params }: Call): Params => {
  const filters = listOf(params, 'Filters').map((each) => each as Params);
  const found = [...at.secrets.values()]
    .filter(({ deletedAt }) => deletedAt === undefined || params.IncludePlannedDeletion === true)
    .filter((one) => filters.every((filter) => fits(one, filter)));
  const start = Number(textOf(params, 'NextToken') || 0);
  const end = start + Math.min(Number(params.MaxResults ?? PAGE_MAX), PAGE_MAX);
  return {
    SecretList: found.slice(start, end).map(({ version: _, ...one }) => described({ ...one, version: undefined })),
    ...(end < found.length && { NextToken: String(end) }),
  };
};

const remove = (world: World, at: Regional, { params }: Call): Params => {
  const force = params.ForceDeleteWithoutRecovery === true;
  const window = params.RecoveryWindowInDays;
  if (force && window !== undefined) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  const days = Number(window ?? WINDOW_DAYS.initial);
  if (days < WINDOW_DAYS.min || days > WINDOW_DAYS.max) {
    throw invalidParameter('RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
  const found = mustFind(at, textOf(params, 'SecretId'));
  if (found.deletedAt !== undefined && !force) {
    throw invalidRequest(
      "You can't perform this operation on the secret because it was already scheduled for deletion.",
    );
  }
  found.deletedAt = world.now() + (force ? 0 : days * DAY_MS);
  if (force) at.secrets.delete(found.name);
  return { ARN: found.arn, Name: found.name, DeletionDate: found.deletedAt };
};
