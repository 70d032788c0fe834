/**
 * CloudWatch Logs: groups, their retention and tags, streams and events.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
 */
import type { InventoryItem, ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { logsActions } from './actions.ts';
import { groupRules } from './groups.ts';
import { createStore, groupArn, groupName, type Regional } from './state.ts';
import { streamRules } from './streams.ts';
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
  };
};
