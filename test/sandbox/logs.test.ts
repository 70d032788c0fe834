import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { expect, type TestContext, test } from 'vitest';
import { refusal, rig } from './batch-rig.ts';
import { limitedCaller, missingRight, rightsNeeded } from './caller.ts';

const start = async (t: TestContext) => {
  const given = await rig(t);
  const logs = new CloudWatchLogsClient(given.account.client);
  const create = (logGroupName: string, more: object = {}) =>
    logs.send(new CreateLogGroupCommand({ logGroupName, ...more }));
  const arnOf = (name: string) => `arn:aws:logs:us-east-1:${given.account.id}:log-group:${name}`;
  return { ...given, logs, create, arnOf };
};

test.concurrent('a group has a name of its own, and its ARN ends in :* where its streams are meant', async (t) => {
  const { account, logs, create, arnOf } = await start(t);
  await create('/forge/a', { tags: { owner: 'me' } });
  await create('/forge/b');
  await create('/other');
  expect(await refusal(create('/forge/a'))).toBe(
    'ResourceAlreadyExistsException: The specified log group already exists',
  );
  for (const name of ['with space', 'colon:', 'x'.repeat(513), 'aws/x']) {
    expect(await refusal(create(name))).toMatch(/^InvalidParameterException/);
  }
  const { logGroups = [], nextToken } = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: '/forge/', limit: 1 }),
  );
  expect(logGroups).toMatchObject([
    { logGroupName: '/forge/a', arn: `${arnOf('/forge/a')}:*`, logGroupArn: arnOf('/forge/a') },
  ]);
  const next = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/forge/', limit: 1, nextToken }));
  expect(next.logGroups?.map(({ logGroupName }) => logGroupName)).toEqual(['/forge/b']);
  expect(next.nextToken).toBeUndefined();
  for (const logGroupName of ['/forge/b', '/other']) await logs.send(new DeleteLogGroupCommand({ logGroupName }));
  expect(await refusal(logs.send(new DeleteLogGroupCommand({ logGroupName: '/other' })))).toMatch(
    /^ResourceNotFoundException/,
  );
  expect(await account.inventory()).toMatchObject([
    { type: 'AWS::Logs::LogGroup', name: '/forge/a', tags: { owner: 'me' }, details: { retentionInDays: null } },
  ]);
});

test.concurrent('retention is one of some numbers of days', async (t) => {
  const { logs, create } = await start(t);
  await create('g');
  const put = (retentionInDays: number, logGroupName = 'g') =>
    logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
  const retention = async () => (await logs.send(new DescribeLogGroupsCommand({}))).logGroups?.[0]?.retentionInDays;
  for (const days of [0, 2, 10, 4000]) expect(await refusal(put(days))).toMatch(/^InvalidParameterException/);
  expect(await refusal(put(7, 'absent'))).toMatch(/^ResourceNotFoundException/);
  await put(3653);
  await put(30);
  expect(await retention()).toBe(30);
  await logs.send(new DeleteRetentionPolicyCommand({ logGroupName: 'g' }));
  expect(await retention()).toBeUndefined();
});

test.concurrent('tags go by the ARN without :*', async (t) => {
  const { logs, create, arnOf } = await start(t);
  await create('g', { tags: { a: '1' } });
  const resourceArn = arnOf('g');
  await logs.send(new TagResourceCommand({ resourceArn, tags: { b: '2' } }));
  await logs.send(new UntagResourceCommand({ resourceArn, tagKeys: ['a'] }));
  const list = (arn: string) => logs.send(new ListTagsForResourceCommand({ resourceArn: arn }));
  expect((await list(resourceArn)).tags).toEqual({ b: '2' });
  expect(await refusal(list(`${resourceArn}:*`))).toMatch(/^InvalidParameterException/);
  expect(await refusal(list(arnOf('absent')))).toMatch(/^ResourceNotFoundException/);
});

test.concurrent('what is written to a stream can be read, page by page', async (t) => {
  const { logs, create } = await start(t);
  await create('g');
  const at = { logGroupName: 'g', logStreamName: 's' };
  await logs.send(new CreateLogStreamCommand(at));
  expect(await refusal(logs.send(new CreateLogStreamCommand(at)))).toMatch(/^ResourceAlreadyExistsException/);
  const now = Date.now();
  const logEvents = ['one', 'two', 'three'].map((message, index) => ({ timestamp: now + index, message }));
  await logs.send(new PutLogEventsCommand({ ...at, logEvents }));
  const first = await logs.send(new GetLogEventsCommand({ ...at, startFromHead: true, limit: 2 }));
  expect(first.events?.map(({ message }) => message)).toEqual(['one', 'two']);
  const second = await logs.send(new GetLogEventsCommand({ ...at, limit: 2, nextToken: first.nextForwardToken }));
  expect(second.events?.map(({ message }) => message)).toEqual(['three']);
  const last = await logs.send(new GetLogEventsCommand({ ...at, limit: 2, nextToken: second.nextForwardToken }));
  expect(last).toMatchObject({ events: [], nextForwardToken: second.nextForwardToken });
  const tail = await logs.send(new GetLogEventsCommand({ ...at, limit: 1 }));
  expect(tail.events?.map(({ message }) => message)).toEqual(['three']);
  const found = await logs.send(new FilterLogEventsCommand({ logGroupName: 'g', filterPattern: 't' }));
  expect(found.events?.map(({ message }) => message)).toEqual(['two', 'three']);
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: 'g' }));
  expect(logStreams).toMatchObject([{ logStreamName: 's', firstEventTimestamp: now }]);
  expect(await refusal(logs.send(new GetLogEventsCommand({ ...at, logStreamName: 'absent' })))).toBe(
    'ResourceNotFoundException: The specified log stream does not exist.',
  );
});

test.concurrent('a policy names a group with :*, and without it for tags', async (t) => {
  const given = await start(t);
  const { arnOf } = given;
  const caller = await limitedCaller(given);
  const logs = new CloudWatchLogsClient(caller.client);
  const create = () => missingRight(logs.send(new CreateLogGroupCommand({ logGroupName: 'g', tags: { a: '1' } })));
  const tag = () => missingRight(logs.send(new TagResourceCommand({ resourceArn: arnOf('g'), tags: { a: '1' } })));
  const allow = (...Resource: string[]) => caller.allow({ Action: 'logs:*', Resource });
  await allow(arnOf('g'));
  expect(await create()).toBe('logs:CreateLogGroup');
  await allow(`${arnOf('g')}:*`);
  expect(await create()).toBe('logs:TagResource');
  await allow(arnOf('g'), `${arnOf('g')}:*`);
  expect(await create()).toBeUndefined();
  await allow(`${arnOf('g')}:*`);
  expect(await tag()).toBe('logs:TagResource');
  await allow(arnOf('g'));
  expect(await tag()).toBeUndefined();
  const list = () => logs.send(new DescribeLogGroupsCommand({}));
  expect(await rightsNeeded(caller, list)).toEqual(['logs:DescribeLogGroups']);
});
