/** Builds the pass-through to the TES server from the configuration. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '#config/schema.ts';
import type { Control } from '#control/control.ts';
import type { Logger } from '#observability/logger.ts';
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import { createArborist } from '#s3/identity/arborist.ts';
import type { SessionMint } from '#s3/identity/mint.ts';
import { createFindAccess, type TesCaller } from '#tes/access.ts';
import { createCursors } from '#tes/cursor.ts';
import { createNoteEnded } from '#tes/ended.ts';
import { createForward } from '#tes/forward.ts';
import type { S3Names } from '#tes/locations.ts';
import { createAskMapping } from '#tes/mapping.ts';
import { createOnce } from '#tes/once.ts';
import type { MintTaskSession, SystemKeys } from '#tes/ports.ts';
import { TesProblem } from '#tes/problem.ts';
import { TASKS_RESOURCE } from '#tes/tags.ts';
import { createTes, type TesService } from '#tes/tes.ts';
import { createTesUpstream } from '#tes/upstream.ts';
import { workerNamesOf } from '#tes/worker-names.ts';
import { asProblem } from './routes/storage/deps.ts';

export interface TesBuild {
  readonly config: Config;
  readonly control: Pick<Control, 'taskRequests'>;
  /** H */
  readonly environment: string;
  readonly mint: SessionMint;
  /** Undefined: there are none to forward. */
  readonly systemKeys: SystemKeys | undefined;
  /** Where the TES server finds the S3 endpoint; known once the server listens. */
  readonly s3Endpoint: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
  /** Pause between two looks at a request that another call makes, in milliseconds. Default 250. */
  readonly lookEveryMs?: number;
}

/** Undefined where no TES server is configured. */
export const buildTes = (build: TesBuild): TesService | undefined => {
  const { config, control, environment, mint, systemKeys, s3Endpoint, now, log, lookEveryMs = 250 } = build;
  const { tes } = config;
  if (tes.url === undefined) return undefined;
  const { arboristUrl } = config.s3;
  const arborist = arboristUrl === undefined ? undefined : createArborist(arboristUrl);
  const timeoutMs = tes.timeoutSeconds * 1000;
  const { workerRoleArn } = tes;
  return createTes({
    upstream: createTesUpstream({ url: tes.url, timeoutMs, connectionsMax: tes.connectionsMax }),
    images: tes.images,
    files: { publicBuckets: tes.publicBuckets, names: s3NamesOf(config) },
    tags: {
      nodeScheduling: tes.nodeScheduling,
      workerOf:
        workerRoleArn === undefined
          ? undefined
          : (userId) => {
              const { roleName, serviceAccount } = workerNamesOf(config.environment, userId);
              return { roleArn: workerRoleArn.replace('{role}', roleName), serviceAccount };
            },
    },
    bucketOf: (userId) => bucketNameOf(config.environment, userId),
    forward: createForward({
      mode: tes.forward,
      headers: tes.headers,
      authorization: tes.forwardAuthorization,
      region: config.s3.upstream.region ?? config.aws.region,
      endpoint: s3Endpoint,
      mint: mintOf(mint, tes.sessionSeconds),
      systemKeys,
    }),
    once: createOnce({
      requests: control.taskRequests(environment),
      holdMs: 2 * timeoutMs,
      now,
      pause: () => sleep(lookEveryMs),
    }),
    mayCreate:
      arborist &&
      (({ bearer }: TesCaller) =>
        arborist.isAllowed({ token: bearer, method: 'create', resource: TASKS_RESOURCE }).catch(() => {
          throw new TesProblem('Unavailable', 'rights cannot be checked at the moment');
        })),
    log: (made, leaseError) => {
      log.info({ ...made }, 'task created');
      if (leaseError !== undefined)
        log.error({ taskId: made.taskId, error: leaseError }, 'the key of a task is not leased');
    },
    cursors: createCursors(config.sealingKeys.map(({ key }) => key)),
    findAccess: createFindAccess(arboristUrl === undefined ? undefined : createAskMapping(arboristUrl)),
    noteEnded:
      tes.forward === 'system-key' && systemKeys
        ? createNoteEnded(systemKeys, (error) => log.warn({ error }, 'the key of an ended task was not given back'))
        : undefined,
  });
};

const mintOf =
  (mint: SessionMint, ttlSeconds: number): MintTaskSession =>
  ({ bearer }, grants) =>
    asProblem(mint.mint(bearer, { ttlSeconds, grants }, { door: '/ga4gh/tes/v1/tasks', requestId: undefined }));

/** Everything under which the objects of this deployment can be asked for. */
const s3NamesOf = ({ api, aws, s3, tes }: Config): S3Names => {
  const hostOf = (url: string): string => new URL(url).host;
  const endpoints = [s3.upstream.endpoint ?? aws.endpoint, tes.sessionEndpoint].filter((url) => url !== undefined);
  const addresses = [api.host, 'localhost', '127.0.0.1', '[::1]'];
  return {
    hosts: [
      ...(api.publicUrl === undefined ? [] : [hostOf(api.publicUrl)]),
      ...s3.publicHosts,
      ...tes.s3Hosts,
      ...addresses.map((host) => `${host}:${api.port}`),
    ].map((host) => host.toLowerCase()),
    rootHosts: [
      ...endpoints.map(hostOf),
      ...(s3.rootPort === undefined ? [] : addresses.map((host) => `${host}:${s3.rootPort}`)),
    ],
    virtualHostSuffixes: s3.virtualHostSuffixes.map((suffix) => suffix.toLowerCase()),
    bucketMark: 'gen3wf-',
  };
};
