/**
 * CloudWatch Logs: groups, their retention and tags, streams and events.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
 */
import type { InventoryItem, ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { logsActions } from './actions.ts';
import type { Logs } from './contract.ts';
import { groupRules } from './groups.ts';
import { createStore, groupArn, groupName, newGroup, type Regional } from './state.ts';
import { addStream, streamRules } from './streams.ts';
import { tagRules } from './tags.ts';

const inventoryOf = (at: Regional): InventoryItem[] =>
  [...at.groups.values()]
    .filter(({ byService }) => !byService)
    .map(({ name, tags, retention, kmsKeyId, logGroupClass }) => ({
      type: 'AWS::Logs::LogGroup',
      id: groupArn(at, name),
      name,
      region: at.region,
      state: null,
      tags: { ...tags },
      details: { retentionInDays: retention ?? null, kmsKeyId: kmsKeyId ?? null, logGroupClass },
    }));

export const createLogs = (world: World): ServiceModule => {
  const store = createStore();
  const offers: Logs = {
    write(at, { group, stream }, lines) {
      const found = store.of(at).groups.get(group);
      if (!found) return false;
      const now = world.now();
      const { events } = addStream(found, stream, now);
      for (const message of lines) events.push({ timestamp: now, ingestionTime: now, message });
      return true;
    },
    ensureGroup(at, group, byService) {
      const { groups } = store.of(at);
      if (!groups.has(group)) groups.set(group, newGroup(group, { createdAt: world.now(), byService }));
    },
  };
  return {
    service: 'logs',
    rules: { ...groupRules(world, store), ...streamRules(world, store), ...tagRules(world, store) },
    actions: logsActions,
    async tagsOf(call, arn) {
      const [, , , region = '', account = ''] = arn.split(':');
      const at = store.of({ account: account || call.account, region: region || call.region });
      return at.groups.get(groupName(arn))?.tags;
    },
    inventory: async (account) => store.all(account).flatMap(inventoryOf),
    errors: {
      throttle: ['ThrottlingException', 400, 'Rate exceeded'],
      denied: ['AccessDeniedException', 400, 'User is not authorized'],
      internal: ['ServiceUnavailableException', 500, 'The service cannot complete the request.'],
    },
    offers,
  };
};
