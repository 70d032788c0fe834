/**
 * Secrets Manager: what a task's execution role reads.
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
 */
import { listOf, tagContext, tagKeysContext, textOf } from '../../core/params.ts';
import type { ActionsOf, InventoryItem, ServiceModule } from '../../core/service.ts';
import type { World } from '../../core/world.ts';
import { secretRules } from './rules.ts';
import { createStore, findSecret, type Regional, resourceOf, type Store } from './state.ts';

const actionsOf =
  (store: Store): ActionsOf =>
  (call) => {
    const { params, operation } = call;
    const action = `secretsmanager:${operation}`;
    const id = textOf(params, 'SecretId') || textOf(params, 'Name');
    if (!id) return [{ action, resource: '*' }];
    const resource = resourceOf(store.of(call), id);
    const tags = tagContext(params.Tags);
    const context = { ...tags, ...tagKeysContext(listOf(params, 'TagKeys')) };
    const first = { action, resource, context };
    return operation === 'CreateSecret' && Object.keys(tags).length > 0
      ? [first, { action: 'secretsmanager:TagResource', resource, context }]
      : [first];
  };

/** Those that wait for their deletion are left out. */
const inventoryOf = ({ region, secrets }: Regional): InventoryItem[] =>
  [...secrets.values()]
    .filter(({ deletedAt }) => deletedAt === undefined)
    .map(({ arn, name, tags, description, kmsKeyId }) => ({
      type: 'AWS::SecretsManager::Secret',
      id: arn,
      name,
      region,
      state: null,
      tags: { ...tags },
      details: { description, kmsKeyId: kmsKeyId ?? null },
    }));

export const createSecretsManager = (world: World): ServiceModule => {
  const store = createStore();
  return {
    service: 'secretsmanager',
    rules: secretRules(world, store),
    actions: actionsOf(store),
    async tagsOf(call, arn) {
      const [, , , region = '', account = ''] = arn.split(':');
      return findSecret(store.of({ account: account || call.account, region: region || call.region }), arn)?.tags;
    },
    tagCondition: 'secretsmanager:ResourceTag',
    inventory: async (account) => store.all(account).flatMap(inventoryOf),
    errors: { internal: ['InternalServiceError', 500, 'An error occurred on the server side.'] },
  };
};
