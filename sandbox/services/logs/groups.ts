/**
 * Log groups: names of some letters only, retention of some days only.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import { KMS } from '../kms/contract.ts';
import {
  groupArn,
  invalidParameter,
  type LogGroup,
  mustFindGroup,
  newGroup,
  pageOf,
  type Store,
  violated,
} from './state.ts';
import { checkTags } from './tags.ts';

const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const NAME = /^[.\-_/#A-Za-z0-9]{1,512}$/;
const CLASSES = ['STANDARD', 'INFREQUENT_ACCESS', 'DELIVERY'];

export const groupRules = (world: World, store: Store): Record<string, Rule> => {
  const find = (call: Call): LogGroup => mustFindGroup(store.of(call), textOf(call.params, 'logGroupName'));
  return {
    CreateLogGroup: create(world, store),
    DescribeLogGroups: describe(world, store),
    DeleteLogGroup: async (call) => {
      store.of(call).groups.delete(find(call).name);
      return world.answer(call, {});
    },
    PutRetentionPolicy: async (call) => {
      const days = Number(call.params.retentionInDays);
      if (!RETENTION_DAYS.includes(days)) {
        const set = `Member must satisfy enum value set: [${RETENTION_DAYS.join(', ')}]`;
        throw violated(call.params.retentionInDays, 'retentionInDays', set);
      }
      find(call).retention = days;
      return world.answer(call, {});
    },
    DeleteRetentionPolicy: async (call) => {
      find(call).retention = undefined;
      return world.answer(call, {});
    },
  };
};

/** @throws AwsError InvalidParameterException */
const checkName = (name: string): void => {
  if (!NAME.test(name)) {
    throw violated(name, 'logGroupName', 'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+');
  }
  if (name.startsWith('aws/')) throw invalidParameter('Log groups starting with AWS/ are reserved for AWS.');
};

const create =
  (world: World, store: Store): Rule =>
  async (call) => {
    const name = textOf(call.params, 'logGroupName');
    checkName(name);
    const tags = checkTags(call.params.tags);
    const logGroupClass = textOf(call.params, 'logGroupClass') || 'STANDARD';
    if (!CLASSES.includes(logGroupClass)) {
      throw violated(logGroupClass, 'logGroupClass', `Member must satisfy enum value set: [${CLASSES.join(', ')}]`);
    }
    const kmsKeyId = await keyOf(world, call, name);
    const { groups } = store.of(call);
    if (groups.has(name)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
    }
    groups.set(name, newGroup(name, { createdAt: world.now(), logGroupClass, kmsKeyId, tags }));
    return world.answer(call, {});
  };

const keyOf = async (world: World, call: Call, name: string): Promise<string | undefined> => {
  const named = textOf(call.params, 'kmsKeyId');
  if (!named) return undefined;
  const key = await world.service(KMS).findKey(call.account, call.region, named);
  if (key?.Arn && key.Enabled) return key.Arn;
  const arn = groupArn(call, name);
  throw invalidParameter(`The specified KMS key does not exist or is not allowed to be used with Arn '${arn}'`);
};

const describe =
  (world: World, store: Store): Rule =>
  async (call) => {
    const prefix = textOf(call.params, 'logGroupNamePrefix');
    const pattern = textOf(call.params, 'logGroupNamePattern').toLowerCase();
    if (prefix && pattern) {
      throw invalidParameter('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
    }
    const found = [...store.of(call).groups.values()]
      .filter(({ name }) => name.startsWith(prefix) && name.toLowerCase().includes(pattern))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const { page, ...more } = pageOf(found, call.params.limit, call.params.nextToken);
    return world.answer(call, { ...more, logGroups: page.map((each) => shown(call, each)) });
  };

const shown = (call: Call, one: LogGroup): Record<string, unknown> => ({
  logGroupName: one.name,
  creationTime: one.createdAt,
  ...(one.retention !== undefined && { retentionInDays: one.retention }),
  metricFilterCount: 0,
  arn: `${groupArn(call, one.name)}:*`,
  logGroupArn: groupArn(call, one.name),
  storedBytes: 0,
  ...(one.kmsKeyId && { kmsKeyId: one.kmsKeyId }),
  logGroupClass: one.logGroupClass,
});
