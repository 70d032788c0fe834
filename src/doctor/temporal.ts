/** Temporal: the server, the namespace, what operators filter by, and who polls the task queue. */
import { type Client, type Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import proto from '@temporalio/proto';
import { errorText } from '#domain/core/error-text.ts';
import { type Installation, parseIdentity, taskQueueOf } from '#domain/core/installation.ts';
import { lackingSearchAttributes } from '#temporal/search-attributes.ts';
import { checkCurrentBuild } from './current-build.ts';
import { type Finding, sayingOf } from './finding.ts';
import { checkNeighbours } from './neighbours.ts';
import { whyNoConnection } from './temporal-connection.ts';

const { ok, warning, problem, unknown } = sayingOf('temporal');

const CALL_MS = 5_000;
const RETENTION_DAYS_MIN = 3;
const SECONDS_OF_DAY = 86_400;

export interface TemporalCheck {
  readonly client: Client;
  /** What the client connects by. */
  readonly connection: Pick<ConnectionOptions, 'address' | 'tls'>;
  readonly installation: Installation;
  /** Of this checkout. */
  readonly version: string;
}

export const checkTemporal = async ({
  client,
  connection,
  installation,
  version,
}: TemporalCheck): Promise<readonly Finding[]> => {
  const { namespace } = client.options;
  const within = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + CALL_MS, call);
  const server = await within(() => client.workflowService.getSystemInfo({})).catch((error: unknown) => error);
  if (server instanceof Error) return [await explainSilence(server, connection)];
  const { serverVersion } = server as { serverVersion?: string };
  return [
    ok('server', `version ${serverVersion ?? 'not told'}`),
    await checkNamespace(client, namespace, within),
    await checkAttributes(client, namespace, within),
    ...(await checkPollers(client, installation, version, within)),
    ...(await within(() => checkNeighbours(client, installation))),
  ];
};

/** gRPC's numbers for "you may not" and "who are you?". */
const REFUSALS: readonly number[] = [7, 16];

const explainSilence = async (error: Error, connection: TemporalCheck['connection']): Promise<Finding> => {
  if (isGrpcServiceError(error) && REFUSALS.includes(error.code)) {
    const todo = 'is the API key right (TEMPORAL_API_KEY), not expired, and for this namespace?';
    return problem('server', `Temporal lets nobody in with these credentials: ${error.message}`, todo);
  }
  const { detail, todo } = (await whyNoConnection(connection)) ?? {
    detail: errorText(error),
    todo: 'does it take calls of Temporal at this address (temporal.address, TEMPORAL_ADDRESS)?',
  };
  return problem('server', `Temporal does not answer: ${detail}`, todo);
};

type Within = <T>(call: () => Promise<T>) => Promise<T>;

const checkNamespace = async (client: Client, namespace: string, within: Within): Promise<Finding> => {
  try {
    const { config } = await within(() => client.workflowService.describeNamespace({ namespace }));
    const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / SECONDS_OF_DAY;
    if (days >= RETENTION_DAYS_MIN) return ok('namespace', `${namespace} keeps histories for ${days} days`);
    return warning(
      'namespace',
      `${namespace} keeps histories for ${Math.round(days * 10) / 10} days: what failed on a Friday is gone on Monday`,
      `temporal operator namespace update --namespace ${namespace} --retention 30d`,
    );
  } catch (error) {
    const todo = `temporal operator namespace create --namespace ${namespace} --retention 30d`;
    return problem('namespace', `${namespace}: ${errorText(error)}`, todo);
  }
};

const checkAttributes = async (client: Client, namespace: string, within: Within): Promise<Finding> => {
  try {
    const { operatorService } = client.connection as Connection;
    const commands = await within(() => lackingSearchAttributes(operatorService, namespace));
    if (commands === undefined) return ok('search attributes', 'are registered');
    return warning(
      'search attributes',
      'some are missing; a worker registers them at its start, where it may',
      commands,
    );
  } catch (error) {
    return unknown('search attributes', errorText(error));
  }
};

const { TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY } = proto.temporal.api.enums.v1.TaskQueueType;

const checkPollers = async (
  client: Client,
  installation: Installation,
  version: string,
  within: Within,
): Promise<Finding[]> => {
  const { namespace } = client.options;
  const name = taskQueueOf(installation);
  try {
    const kinds = [TASK_QUEUE_TYPE_WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY];
    const answers = await Promise.all(
      kinds.map((taskQueueType) =>
        within(() => client.workflowService.describeTaskQueue({ namespace, taskQueue: { name }, taskQueueType })),
      ),
    );
    const polls = answers.flatMap(({ pollers }) =>
      (pollers ?? []).map((one) => ({ identity: one.identity ?? '', at: lastSeen(one) })),
    );
    const [{ pollers, versioningInfo } = {}] = answers;
    const polling = pollers?.filter((one) => Date.now() - lastSeen(one) < POLLS_WITHIN_MS);
    return [
      ...pollersOf(polls, { installation, version, name }),
      ...checkCurrentBuild({ pollers: polling ?? null, versioningInfo: versioningInfo ?? null }, installation),
    ];
  } catch (error) {
    return [unknown('workers', errorText(error))];
  }
};

/** A poll is answered within a minute, and the next one follows: Temporal remembers those that have gone for longer. */
const POLLS_WITHIN_MS = 75_000;

const lastSeen = ({ lastAccessTime }: proto.temporal.api.taskqueue.v1.IPollerInfo): number =>
  Number(lastAccessTime?.seconds ?? 0) * 1000;

const START = '`eyrie worker --config FILE` starts one';

/** What the identities of those that poll say, and when they did so last. */
export const pollersOf = (
  polls: readonly { readonly identity: string; readonly at: number }[],
  {
    installation,
    version,
    name,
    now = Date.now(),
  }: { readonly installation: Installation; readonly version: string; readonly name: string; readonly now?: number },
): Finding[] => {
  const [latest] = polls.toSorted((one, other) => other.at - one.at);
  if (!latest) return [problem('workers', `nobody polls ${name}`, START)];
  const identities = [...new Set(polls.filter(({ at }) => now - at < POLLS_WITHIN_MS).map(({ identity }) => identity))];
  if (identities.length === 0) {
    const ago = `${Math.round((now - latest.at) / 1000)} seconds ago`;
    const detail = `nobody polls ${name}: ${latest.identity} did so last, ${ago}, and has gone or takes no more work`;
    return [problem('workers', detail, START)];
  }
  const { environment, controlBucket } = installation;
  const foreign = identities.filter((identity) => {
    const theirs = parseIdentity(identity);
    return theirs?.environment !== environment || theirs.controlBucket !== controlBucket;
  });
  const old = identities.filter((one) => !foreign.includes(one) && !one.startsWith(`eyrie/${version} `));
  return [
    ...(foreign.length > 0
      ? [
          problem(
            'workers',
            `${name} is polled by ${foreign.join(', ')}, which is no worker of this installation: its work waits`,
            'stop that process, or give it a namespace or environment of its own',
          ),
        ]
      : [ok('workers', `${identities.length} of this installation poll ${name}`)]),
    ...(old.length > 0
      ? [
          warning(
            'versions',
            `this is version ${version}, and there are workers of another: ${old.join(', ')}`,
            'finish the roll-out',
          ),
        ]
      : []),
  ];
};
