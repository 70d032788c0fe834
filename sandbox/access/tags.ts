/** The tags a resource has now, as condition keys. Looked up only when a policy of the caller asks for them. */
import { ListTagsForResourceCommand } from '@aws-sdk/client-batch';
import { DescribeTagsCommand } from '@aws-sdk/client-ec2';
import { ListPolicyTagsCommand } from '@aws-sdk/client-iam';
import { ListResourceTagsCommand } from '@aws-sdk/client-kms';
import { readTags } from '../core/params.ts';
import type { Call, World } from '../core/rule.ts';
import type { IamModule } from '../services/iam/module.ts';
import { IAM_HOME } from '../services/iam/snapshot.ts';

const look = async (world: World, call: Call, arn: string): Promise<unknown> => {
  const [, , service = '', region = '', account = '', entity = ''] = arn.split(':');
  if (arn === '*' || entity.includes('*')) return undefined;
  const aws = world.moto(account || call.account, region || call.region);
  const id = entity.split('/').at(-1) ?? '';
  if (service === 'ec2') {
    return (await aws.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id] }] }))).Tags;
  }
  if (service === 'batch') return (await aws.batch.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags;
  if (service === 'kms') return (await aws.kms.send(new ListResourceTagsCommand({ KeyId: arn }))).Tags;
  if (service !== 'iam') return undefined;
  const { users, roles, profiles } = await world.module<IamModule>('iam').snapshots.of(account);
  const known = [...users, ...roles, ...profiles].find(({ Arn }) => Arn === arn);
  if (known) return known.Tags;
  if (!entity.startsWith('policy/')) return undefined;
  return (await world.moto(account, IAM_HOME).iam.send(new ListPolicyTagsCommand({ PolicyArn: arn }))).Tags;
};

/**
 * Authorisation by tags lags behind: what was tagged a moment ago may be refused to a policy that asks for the tag.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
const metAt = new WeakMap<World, Map<string, number>>();

const isVisible = (world: World, account: string, tag: string): boolean => {
  const lagMs = world.worlds(account).tagsAfterMs;
  if (lagMs === 0) return true;
  const met = metAt.get(world) ?? new Map<string, number>();
  metAt.set(world, met);
  const first = met.get(tag) ?? world.now();
  met.set(tag, first);
  return world.now() >= first + lagMs;
};

export const resourceTagsOf = async (world: World, call: Call, arn: string): Promise<Record<string, string>> => {
  let tags: unknown;
  try {
    tags = await look(world, call, arn);
  } catch {
    return {}; // No such resource: no tags, and the service itself will say so.
  }
  const service = arn.split(':')[2];
  return Object.fromEntries(
    Object.entries(readTags(tags))
      .filter(([key, value]) => isVisible(world, call.account, `${arn} ${key}=${value}`))
      .flatMap(([key, value]) => [
        [`aws:ResourceTag/${key}`, value],
        ...(service === 'ec2' || service === 'iam' ? [[`${service}:ResourceTag/${key}`, value]] : []),
      ]),
  );
};
