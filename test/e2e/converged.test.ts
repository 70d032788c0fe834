import { randomUUID } from 'node:crypto';
import { EC2Client, ModifySubnetAttributeCommand } from '@aws-sdk/client-ec2';
import type { JournalEntry } from 'eyrie-sandbox/client';
import { expect, type TestContext, test } from 'vitest';
import type { LaunchInput } from '#domain/workspace/input.ts';
import { type Eyrie, eyrie } from '../support/eyrie.ts';

/** The code of a dry run that would succeed. It changes nothing, though its operation could. */
const DRY_RUN = 'DryRunOperation';

/** A workspace that runs. */
const launched = async (t: TestContext): Promise<{ world: Eyrie; input: LaunchInput }> => {
  const world = await eyrie(t);
  const input = world.input();
  await (await world.launch(input)).result();
  return { world, input };
};

/** What a launch of the same workspace changes, in the account and in the control bucket. */
const changesOf = async ({ account, controlBucket, launch }: Eyrie, input: LaunchInput) => {
  const seen = (await account.journal()).at(-1)?.seq ?? 0;
  await (await launch({ ...input, launchId: randomUUID() })).result();
  const writes = (await account.journal(seen)).filter(({ mutating, errorCode }) => mutating && errorCode !== DRY_RUN);
  const isControl = ({ resource }: JournalEntry): boolean => resource?.startsWith(`${controlBucket}/`) === true;
  return {
    account: writes.filter((call) => !isControl(call)).map(({ service, operation }) => `${service}:${operation}`),
    control: writes.filter(isControl).map(({ operation, resource }) => `${operation} ${resource?.split('/')[1]}`),
  };
};

test('launching a running workspace again changes nothing but its key and its record', async (t) => {
  const { world, input } = await launched(t);
  const changes = await changesOf(world, input);
  expect(changes.account).toEqual(['iam:CreateAccessKey']);
  // The record at both ends; before the key what there was, then its seal, then that it is there.
  expect(changes.control).toEqual([
    'PutObject workspaces',
    'PutObject intents',
    'PutObject seals',
    'PutObject intents',
    'PutObject workspaces',
  ]);
});

test('what drifted meanwhile is all that is put right besides', async (t) => {
  const { world, input } = await launched(t);
  const [subnet] = (await world.inventory()).filter(
    ({ type, tags }) => type === 'AWS::EC2::Subnet' && tags['eyrie:workspace'] !== undefined,
  );
  await new EC2Client(world.account.client).send(
    new ModifySubnetAttributeCommand({ SubnetId: subnet?.id, MapPublicIpOnLaunch: { Value: true } }),
  );
  const { account } = await changesOf(world, input);
  expect(account).toEqual(['ec2:ModifySubnetAttribute', 'iam:CreateAccessKey']);
});
