/** Customer-managed keys that are not on their way out, and aliases. */
import {
  type AliasListEntry,
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  KMSClient,
  ListAliasesCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { readTags } from '../../core/params.ts';
import type { InventoryItem } from '../../core/service.ts';
import type { World } from '../../core/world.ts';

/** AWS's own names: what they stand for is AWS-managed too, though moto makes such keys as a customer's. */
const isAwsManaged = (aliasName = ''): boolean => aliasName.startsWith('alias/aws/');

const listAliases = async (world: World, account: string, region: string): Promise<AliasListEntry[]> => {
  const { Aliases = [] } = await world.moto(KMSClient, account, region).send(new ListAliasesCommand({ Limit: 100 }));
  return Aliases;
};

const keysOf = async (world: World, account: string, region: string): Promise<InventoryItem[]> => {
  const kms = world.moto(KMSClient, account, region);
  const items: InventoryItem[] = [];
  const aliases = await listAliases(world, account, region);
  const managed = new Set(aliases.filter(({ AliasName }) => isAwsManaged(AliasName)).map((alias) => alias.TargetKeyId));
  const { Keys = [] } = await kms.send(new ListKeysCommand({ Limit: 1000 }));
  for (const { KeyId = '' } of Keys) {
    const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId }));
    if (key?.KeyManager !== 'CUSTOMER' || key.KeyState === 'PendingDeletion' || managed.has(KeyId)) continue;
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
  const aliases = await listAliases(world, account, region);
  return aliases
    .filter(({ AliasName }) => !isAwsManaged(AliasName))
    .map(({ AliasName = '', AliasArn = '', TargetKeyId }) => ({
      type: 'AWS::KMS::Alias',
      id: AliasArn,
      name: AliasName,
      region,
      state: null,
      tags: {},
      details: { targetKeyId: TargetKeyId ?? null },
    }));
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
