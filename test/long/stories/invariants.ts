/** What holds whenever nothing is under way, whatever went wrong before. Each finding is one sentence. */
import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import type { InventoryItem } from 'eyrie-sandbox/client';
import type { WorkspaceRecord } from '#domain/workspace/record.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { namesOf } from '../../support/launch-cases.ts';
import { ownOf, type Player, recordOf } from './player.ts';

type Details = Record<string, unknown>;

interface Seen {
  readonly player: Player;
  readonly record: WorkspaceRecord;
  /** Of the workspace alone. */
  readonly own: readonly InventoryItem[];
}

const ofType = (own: readonly InventoryItem[], type: string) => own.filter((item) => item.type === type);

const keysIn = (own: readonly InventoryItem[]) => ofType(own, 'AWS::IAM::AccessKey');

/** What there may only be one of. */
const SINGLE = [
  'AWS::EC2::VPC',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::Instance',
  'AWS::EC2::LaunchTemplate',
  'AWS::Batch::ComputeEnvironment',
  'AWS::Batch::JobQueue',
  'AWS::IAM::User',
  'AWS::IAM::Role',
];

/** Where leftovers are listed, there may be a second one: the one that is listed. */
const nothingTwice = ({ own, record }: Seen): string[] => [
  ...SINGLE.filter((type) => {
    const listed = record.leftovers.filter((one) => one.type === type).map(({ id }) => id);
    return ofType(own, type).filter(({ id }) => !listed.includes(id)).length > 1;
  }).map((type) => `there is more than one ${type}`),
  ...(keysIn(own).length > 2 ? ['there are more than two keys'] : []),
];

const keyIsThere = ({ record: { key, phase }, own }: Seen): string[] => {
  const listed = keysIn(own).find(({ id }) => id === key?.id);
  if (key === null) return [];
  if (!listed) return [`the record names ${key.id}, which is gone`];
  return phase === 'running' && listed.state !== 'Active' ? [`${key.id} is ${listed.state}`] : [];
};

const failureIsTold = ({ record: { phase, error, leftovers }, own }: Seen): string[] => [
  ...(phase === 'failed' && error === null && leftovers.length === 0 ? ['it failed and nothing says why'] : []),
  ...(phase === 'failed' && leftovers.length === 0 && own.length > 0
    ? [`it failed without leftovers, and there is ${own.map(({ type }) => type).join(', ')}`]
    : []),
  ...leftovers
    .filter(({ id, name }) => id === null && name === null)
    .map(({ type, reason }) => `a leftover ${type} has neither id nor name: ${reason}`),
];

/** They go with their instance, or are no resource of a record. */
const IGNORED = ['AWS::EC2::Volume', 'AWS::EC2::NetworkInterface', 'AWS::IAM::AccessKey'];

const allIsNamed = ({ record, own }: Seen): string[] => {
  const named = [...record.resources, ...record.leftovers].map(({ type, id }) => `${type} ${id}`);
  return own
    .filter(
      ({ type, id, name }) =>
        !IGNORED.includes(type) && !named.includes(`${type} ${id}`) && !named.includes(`${type} ${name}`),
    )
    .map(({ type, id }) => `no record names ${type} ${id}`);
};

const isTrue = ({ record: { phase, operation, resources }, own }: Seen): string[] => {
  const environment = ofType(own, 'AWS::Batch::ComputeEnvironment')[0]?.details as
    | { computeResources?: { minvCpus?: number } }
    | undefined;
  const queue = ofType(own, 'AWS::Batch::JobQueue')[0]?.details as { state?: string } | undefined;
  const wrong: string[] = [];
  if (operation !== null) wrong.push(`it says that ${operation.type} is under way`);
  if (!['running', 'parked', 'failed', 'disposed'].includes(phase)) wrong.push(`it stays ${phase}`);
  // Of a workspace that was not there, AWS would not tell whether there is something to be parked: then nothing is listed.
  const isUnknown = phase === 'parked' && resources.length === 0 && own.length === 0;
  if ((phase === 'running' || phase === 'parked') && !isUnknown) {
    const vpc = resources.find(({ type }) => type === 'AWS::EC2::VPC');
    if (!own.some(({ id }) => id === vpc?.id)) wrong.push(`it is ${phase}, and its VPC is not there`);
  }
  if (phase === 'parked') {
    const size = environment?.computeResources?.minvCpus ?? 0;
    if (size > 0) wrong.push(`it is parked and has ${size} vCPUs`);
    if (queue?.state === 'ENABLED') wrong.push('it is parked and its queue takes jobs');
    if (ofType(own, 'AWS::EC2::Instance').length > 0) wrong.push('it is parked and its proxy is there');
    if (keysIn(own).length > 0) wrong.push('it is parked and has a key');
  }
  if (phase === 'disposed' && own.length > 0)
    wrong.push(`it is disposed, and there is ${own.map(({ type }) => type).join(', ')}`);
  return wrong;
};

/** After a launch that went through. */
export const noMoreRights = async (player: Player): Promise<string[]> => {
  const own = ownOf(player, await player.tenant.inventory());
  const user = ofType(own, 'AWS::IAM::User')[0]?.details as
    | { groups: string[]; attachedPolicies: string[]; inlinePolicies: Details }
    | undefined;
  const rights = [
    ...(user?.groups ?? []),
    ...Object.keys(user?.inlinePolicies ?? {}),
    ...(user?.attachedPolicies ?? []).filter((arn) => arn.includes(':aws:policy/')),
  ];
  return rights.map((right) => `launched, and still has ${right}`);
};

/** The size and the state of what a relaunch changes: what a workspace that fell back has to have again. */
export const shapeOf = async (player: Player): Promise<unknown> => {
  const own = ownOf(player, await player.tenant.inventory());
  return [
    ...ofType(own, 'AWS::Batch::ComputeEnvironment'),
    ...ofType(own, 'AWS::Batch::JobQueue'),
    ...ofType(own, 'AWS::IAM::ManagedPolicy'),
  ].map(({ id, state, details }) => ({ id, state, details }));
};

/** All that is wrong with a workspace that nobody works on. */
export const wrongWith = async (player: Player, secrets: readonly string[]): Promise<string[]> => {
  const record = await recordOf(player);
  const own = ownOf(player, await player.tenant.inventory());
  if (!record) return own.length > 0 ? ['there is no record, and there are resources'] : [];
  const seen = { player, record, own };
  const text = JSON.stringify(record);
  return [
    ...nothingTwice(seen),
    ...keyIsThere(seen),
    ...failureIsTold(seen),
    ...isTrue(seen),
    ...allIsNamed(seen),
    ...(secrets.some((secret) => text.includes(secret)) ? ['a secret stands in the record'] : []),
  ];
};

/** The key of a running workspace works, as its user would use it, as long as nobody has claimed it. */
export const wrongWithKey = async (player: Player): Promise<string[]> => {
  const { tenant, input, claimed } = player;
  const record = await recordOf(player);
  if (record?.phase !== 'running' || !record.key || claimed.has(record.key.id)) return [];
  const secret = await tenant.control.seals.open(workspaceSubject(input.workspace), record.key.id);
  if (!secret) return ['its key is not sealed'];
  const batch = new BatchClient({ ...tenant.account.client, credentials: secret });
  return await batch.send(new DescribeJobQueuesCommand({ jobQueues: [namesOf(input).jobQueue] })).then(
    () => [],
    (error: Error) => [`its key is answered ${error.name}`],
  );
};
