/** Customer-managed keys that are not on their way out, and aliases. */
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { readTags } from './actions-params.ts';
import type { InventoryItem, World } from './rule.ts';

const keysOf = async (world: World, account: string, region: string): Promise<InventoryItem[]> => {
  const { kms } = world.moto(account, region);
  const items: InventoryItem[] = [];
  const { Keys = [] } = await kms.send(new ListKeysCommand({ Limit: 1000 }));
  for (const { KeyId = '' } of Keys) {
    const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId }));
    if (key?.KeyManager !== 'CUSTOMER' || key.KeyState === 'PendingDeletion') continue;
    const [tags, rotation, policy] = await Promise.all([
      kms.send(new ListResourceTagsCommand({ KeyId })),
      kms.send(new GetKeyRotationStatusCommand({ KeyId })),
      kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' })),
    ]);
    items.push({
      type: 'AWS::KMS::Key',
      id: KeyId,
      name: null,
      region,
      state: key.KeyState ?? null,
      tags: readTags(tags.Tags),
      details: {
        arn: key.Arn,
        description: key.Description ?? '',
        keySpec: key.KeySpec,
        keyUsage: key.KeyUsage,
        rotation: rotation.KeyRotationEnabled ?? false,
        policy: JSON.parse(policy.Policy ?? '{}'),
      },
    });
  }
  return items;
};

const aliasesOf = async (world: World, account: string, region: string): Promise<InventoryItem[]> => {
  const { kms } = world.moto(account, region);
  const { Aliases = [] } = await kms.send(new ListAliasesCommand({ Limit: 100 }));
  return Aliases.filter(({ AliasName }) => !AliasName?.startsWith('alias/aws/')).map(
    ({ AliasName = '', AliasArn = '', TargetKeyId }) => ({
      type: 'AWS::KMS::Alias',
      id: AliasArn,
      name: AliasName,
      region,
      state: null,
      tags: {},
      details: { targetKeyId: TargetKeyId ?? null },
    }),
  );
};

export const createKmsInventory =
  (world: World, regionsOf: (account: string) => readonly string[]) =>
  async (account: string): Promise<InventoryItem[]> => {
    const items: InventoryItem[] = [];
    for (const region of regionsOf(account)) {
      items.push(...(await keysOf(world, account, region)), ...(await aliasesOf(world, account, region)));
    }
    return items;
  };
