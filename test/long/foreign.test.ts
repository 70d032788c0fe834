/** Every kind of resource that a workspace has, taken over by somebody else's tag: it is met, named, and left alone. */
import { randomUUID } from 'node:crypto';
import { BatchClient, TagResourceCommand } from '@aws-sdk/client-batch';
import { CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  IAMClient,
  TagInstanceProfileCommand,
  TagPolicyCommand,
  TagRoleCommand,
  TagUserCommand,
} from '@aws-sdk/client-iam';
import { KMSClient, TagResourceCommand as TagKeyCommand } from '@aws-sdk/client-kms';
import { PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import type { InventoryItem } from 'eyrie-sandbox/client';
import { afterAll, expect, test } from 'vitest';
import { ENVIRONMENT_TAG, kindTag } from '#domain/core/ownership.ts';
import { isShared } from '../support/calls.ts';
import { openEyrie } from '../support/eyrie.ts';
import { namesOf, untilFoundationEnded } from '../support/launch-cases.ts';
import { failureOf } from '../support/workspace-runs.ts';

const eyrie = await openEyrie();
const tenant = await eyrie.tenant();
const input = tenant.input();
await (await tenant.launch(input)).result();
afterAll(async () => {
  await eyrie.close();
});

const { client } = tenant.account;
const ec2 = new EC2Client(client);
const batch = new BatchClient(client);
const iam = new IAMClient(client);
const kms = new KMSClient(client);
const s3 = new S3Client(client);

const tag = async ({ type, id, name }: InventoryItem, Key: string, Value: string): Promise<void> => {
  const Tags = [{ Key, Value }];
  const called = name ?? '';
  if (type.startsWith('AWS::EC2::')) await ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
  else if (type.startsWith('AWS::Batch::'))
    await batch.send(new TagResourceCommand({ resourceArn: id, tags: { [Key]: Value } }));
  else if (type === 'AWS::IAM::Role') await iam.send(new TagRoleCommand({ RoleName: called, Tags }));
  else if (type === 'AWS::IAM::User') await iam.send(new TagUserCommand({ UserName: called, Tags }));
  else if (type === 'AWS::IAM::ManagedPolicy') await iam.send(new TagPolicyCommand({ PolicyArn: id, Tags }));
  else if (type === 'AWS::IAM::InstanceProfile')
    await iam.send(new TagInstanceProfileCommand({ InstanceProfileName: called, Tags }));
  else if (type === 'AWS::KMS::Key')
    await kms.send(new TagKeyCommand({ KeyId: id, Tags: [{ TagKey: Key, TagValue: Value }] }));
  else if (type === 'AWS::S3::Bucket')
    await s3.send(new PutBucketTaggingCommand({ Bucket: id, Tagging: { TagSet: Tags } }));
  else throw new Error(`nobody knows how to tag ${type}`);
};

/** Parts that come and go with another resource: a workspace finds them by it, not by a name of their own. */
const PARTS = ['AWS::EC2::Volume', 'AWS::EC2::NetworkInterface'];

const launched = await tenant.inventory();
const tagged = launched.filter(({ tags, type }) => tags[ENVIRONMENT_TAG] !== undefined && !PARTS.includes(type));

test('every kind of resource but keys, aliases and parts carries an owner', () => {
  const kinds = new Set(tagged.map(({ type }) => type));
  const others = launched.filter(({ type, name, details }) => {
    const isOfVpc = details.main === true || (type === 'AWS::EC2::SecurityGroup' && name === 'default');
    return !kinds.has(type) && !isOfVpc;
  });
  expect(new Set(others.map(({ type }) => type))).toEqual(
    new Set(['AWS::IAM::AccessKey', 'AWS::KMS::Alias', ...PARTS]),
  );
});

/** The same in every run. */
const labelOf = ({ type, name }: InventoryItem): string =>
  `${type} ${(name ?? '').replace(input.workspace.escapedUser, 'U').replace(tenant.account.id, 'A')}`;

// One after the other: it is one account, and what is foreign at a time is one thing.
test.for(tagged.map((item) => [labelOf(item), item] as const))(
  '%s of another owner is a conflict, and stays as it is',
  async ([, item]) => {
    const key = isShared(item, namesOf(input)) ? ENVIRONMENT_TAG : kindTag('workspace');
    const owner = item.tags[key] ?? '';
    await tag(item, key, 'somebody-else');
    const before = await tenant.inventory();
    const failure = await failureOf(await tenant.launch({ ...input, launchId: randomUUID() }));
    await untilFoundationEnded(tenant, input);
    const after = await tenant.inventory();
    await tag(item, key, owner);
    expect(failure.type, failure.message).toBe('Conflict');
    expect(after).toEqual(before);
  },
);

test('once nothing is foreign any more, the launch goes through', async () => {
  await (await tenant.launch({ ...input, launchId: randomUUID() })).result();
  const keyless = (items: readonly InventoryItem[]) => items.filter(({ type }) => type !== 'AWS::IAM::AccessKey');
  expect(keyless(await tenant.inventory())).toEqual(keyless(launched));
});
