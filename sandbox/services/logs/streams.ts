/**
 * Log streams and what was written to them.
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
import type { Call, Rule } from '../../core/call.ts';
import { AwsError } from '../../core/error.ts';
import { listOf, type Params, textOf } from '../../core/params.ts';
import type { World } from '../../core/world.ts';
import {
  groupArn,
  invalidParameter,
  type LogGroup,
  type LogStream,
  mustFindGroup,
  pageOf,
  type Store,
  streamNotFound,
  violated,
} from './state.ts';

const EVENTS_MAX = 10_000;
const NAME = /^[^:*]{1,512}$/;

export const addStream = (group: LogGroup, name: string, createdAt: number): LogStream => {
  const stream = group.streams.get(name) ?? { name, createdAt, events: [] };
  group.streams.set(name, stream);
  return stream;
};

export const streamRules = (world: World, store: Store): Record<string, Rule> => {
  const findGroup = ({ params, ...at }: Call): LogGroup =>
    mustFindGroup(store.of(at), textOf(params, 'logGroupName') || textOf(params, 'logGroupIdentifier'));
  const find = (call: Call): LogStream => {
    const found = findGroup(call).streams.get(textOf(call.params, 'logStreamName'));
    if (!found) throw streamNotFound();
    return found;
  };
  return {
    CreateLogStream: async (call) => {
      const name = textOf(call.params, 'logStreamName');
      if (!NAME.test(name)) {
        throw violated(name, 'logStreamName', 'Member must satisfy regular expression pattern: [^:*]*');
      }
      const group = findGroup(call);
      if (group.streams.has(name)) {
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      }
      addStream(group, name, world.now());
      return world.answer(call, {});
    },
    DeleteLogStream: async (call) => {
      const { name } = find(call);
      findGroup(call).streams.delete(name);
      return world.answer(call, {});
    },
    DescribeLogStreams: async (call) => describe(world, call, findGroup(call)),
    PutLogEvents: async (call) => {
      const stream = find(call);
      for (const given of listOf(call.params, 'logEvents').map((each) => each as Params)) {
        const timestamp = Number(given.timestamp);
        stream.events.push({ timestamp, ingestionTime: world.now(), message: textOf(given, 'message') });
      }
      return world.answer(call, {});
    },
    GetLogEvents: async (call) => getEvents(world, call, find(call)),
    FilterLogEvents: async (call) => filterEvents(world, call, findGroup(call)),
  };
};

const describe = (world: World, call: Call, group: LogGroup) => {
  const prefix = textOf(call.params, 'logStreamNamePrefix');
  const orderBy = textOf(call.params, 'orderBy') || 'LogStreamName';
  if (prefix && orderBy === 'LastEventTime') {
    throw invalidParameter('Cannot order by LastEventTime with a logStreamNamePrefix.');
  }
  const lastOf = ({ events }: LogStream): number => events.at(-1)?.timestamp ?? 0;
  const found = [...group.streams.values()]
    .filter(({ name }) => name.startsWith(prefix))
    .toSorted((one, other) =>
      orderBy === 'LastEventTime' ? lastOf(one) - lastOf(other) : one.name < other.name ? -1 : 1,
    );
  if (call.params.descending === true) found.reverse();
  const { page, ...more } = pageOf(found, call.params.limit, call.params.nextToken);
  const logStreams = page.map(({ name, createdAt, events }) => ({
    logStreamName: name,
    creationTime: createdAt,
    arn: `${groupArn(call, group.name)}:log-stream:${name}`,
    storedBytes: 0,
    ...(events[0] && {
      firstEventTimestamp: events[0].timestamp,
      lastEventTimestamp: events.at(-1)?.timestamp,
      lastIngestionTime: events.at(-1)?.ingestionTime,
    }),
  }));
  return world.answer(call, { ...more, logStreams });
};

const isBetween = ({ timestamp }: { timestamp: number }, { startTime, endTime }: Params): boolean =>
  timestamp >= Number(startTime ?? 0) && timestamp < Number(endTime ?? Number.POSITIVE_INFINITY);

/** A token that leads nowhere new is given back as it was: that is how the end of a stream is told. */
const getEvents = (world: World, call: Call, stream: LogStream) => {
  const { params } = call;
  const all = stream.events.filter((event) => isBetween(event, params));
  const size = Math.min(Number(params.limit ?? EVENTS_MAX), EVENTS_MAX);
  const [, direction = '', offset = '0'] = /^([fb])\/(\d+)$/.exec(textOf(params, 'nextToken')) ?? [];
  const fromEnd = direction === 'b' || (direction === '' && params.startFromHead !== true);
  const end = fromEnd ? (direction === 'b' ? Number(offset) : all.length) : Math.min(all.length, Number(offset) + size);
  const start = fromEnd ? Math.max(0, end - size) : Number(offset);
  return world.answer(call, {
    events: all.slice(start, end),
    nextForwardToken: `f/${end}`,
    nextBackwardToken: `b/${start}`,
  });
};

const filterEvents = (world: World, call: Call, group: LogGroup) => {
  const { params } = call;
  const names = listOf(params, 'logStreamNames').map(String);
  const prefix = textOf(params, 'logStreamNamePrefix');
  if (names.length > 0 && prefix) {
    throw invalidParameter('logStreamNames and logStreamNamePrefix are mutually exclusive parameters.');
  }
  const missing = names.find((name) => !group.streams.has(name));
  if (missing !== undefined) throw streamNotFound();
  // Of the pattern language only a term to look for.
  const term = textOf(params, 'filterPattern').replaceAll('"', '');
  const events = [...group.streams.values()]
    .filter(({ name }) => (names.length === 0 || names.includes(name)) && name.startsWith(prefix))
    .flatMap(({ name, events: all }) =>
      all.map((event, index) => ({ ...event, logStreamName: name, eventId: `${name}/${index}` })),
    )
    .filter((event) => isBetween(event, params) && event.message.includes(term))
    .toSorted((one, other) => one.timestamp - other.timestamp);
  return world.answer(call, { events, searchedLogStreams: [] });
};
