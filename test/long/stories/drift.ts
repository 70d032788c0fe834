/** What people do by hand to what a workspace has. A launch sets it right; nothing of it outlives the disposal. */
import { BatchClient, UpdateComputeEnvironmentCommand, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import {
  AddUserToGroupCommand,
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  CreateGroupCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import type { InventoryItem } from 'eyrie-sandbox/client';
import { namesOf } from '../../support/launch-cases.ts';
import { type Player, recordOf } from './player.ts';

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';
const GROUP = 'people-of-the-account';
const ALL = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

type Drift = (player: Player) => Promise<unknown>;

const clients = ({ tenant }: Player) => ({
  iam: new IAMClient(tenant.account.client),
  batch: new BatchClient(tenant.account.client),
  ec2: new EC2Client(tenant.account.client),
});

const DRIFTS: Readonly<Record<string, Drift>> = {
  'attach AdministratorAccess to the user': (player) =>
    clients(player).iam.send(
      new AttachUserPolicyCommand({ UserName: namesOf(player.input).clientUser, PolicyArn: ADMIN }),
    ),
  'give the user an inline policy': (player) =>
    clients(player).iam.send(
      new PutUserPolicyCommand({
        UserName: namesOf(player.input).clientUser,
        PolicyName: 'more',
        PolicyDocument: ALL,
      }),
    ),
  'put the user into a group': async (player) => {
    const { iam } = clients(player);
    await iam.send(new CreateGroupCommand({ GroupName: GROUP })).catch(() => undefined); // an earlier act made it
    await iam.send(new AddUserToGroupCommand({ GroupName: GROUP, UserName: namesOf(player.input).clientUser }));
  },
  'attach AdministratorAccess to the jobs’ role': (player) =>
    clients(player).iam.send(
      new AttachRolePolicyCommand({ RoleName: namesOf(player.input).jobsRole, PolicyArn: ADMIN }),
    ),
  'disable the queue': (player) =>
    clients(player).batch.send(
      new UpdateJobQueueCommand({ jobQueue: namesOf(player.input).jobQueue, state: 'DISABLED' }),
    ),
  'let the environment grow': (player) =>
    clients(player).batch.send(
      new UpdateComputeEnvironmentCommand({
        computeEnvironment: namesOf(player.input).computeEnvironment,
        computeResources: { maxvCpus: 500 },
      }),
    ),
  'stop the proxy': async (player) => {
    const instance = (await recordOf(player))?.resources.find(({ type }) => type === 'AWS::EC2::Instance');
    if (instance) await clients(player).ec2.send(new StopInstancesCommand({ InstanceIds: [instance.id] }));
  },
};

export const DRIFT_NAMES = Object.keys(DRIFTS);

/** What is not there (any more) can't be changed. */
export const drift = async (player: Player, name: string): Promise<boolean> => {
  try {
    await DRIFTS[name]?.(player);
    return true;
  } catch {
    return false;
  }
};

/** Made by people in the course of a story: not the workspace's. */
export const isPeoples = ({ type, name }: InventoryItem): boolean => type === 'AWS::IAM::Group' && name === GROUP;
