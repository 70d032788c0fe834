/**
 * Everything is replaced, one process after the other, while it is worked with: nobody's request fails, and nothing is
 * made twice or lost. The balancer learns of a process that stops as late as a cluster's does.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Client, Connection } from '@temporalio/client';
import { adminCall, type InventoryItem } from 'eyrie-sandbox/client';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { requestToken } from '#cli/token.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { startBalancer } from '../support/balancer.ts';
import { startDevProcess } from '../support/dev-process.ts';
import { type RootProcess, startRoot } from '../support/root-process.ts';
import { until } from '../support/workspace-runs.ts';

/** So many that calls are under way at each moment, and few enough that none takes as long as an activity may. */
const LAUNCHES = 6;
/** Long enough for the balancer, as `drainSeconds` has to be. */
const STOPPING = { port: 0, drainSeconds: 2, stopSeconds: 30 };
const MIB = 1024 * 1024;

const world = async () => {
  const dev = await startDevProcess();
  onTestFinished(() => dev.stop());
  const { aws, account, config, issuer, region } = dev.state();
  const balancer = await startBalancer();
  onTestFinished(() => balancer.close());
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (user: string): Promise<string> => {
    const whose = user === 'hatchery' ? { client: user } : { user };
    const token = tokens.get(user) ?? requestToken(issuer, { ...whose, ttlSeconds: 3_600 });
    tokens.set(user, token);
    return token;
  };
  const call = async (user: string, method: string, path: string, body?: object, headers: object = {}) => {
    const answer = await fetch(`${balancer.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${await tokenOf(user)}`, 'content-type': 'application/json', ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, text, json: (text.startsWith('{') ? JSON.parse(text) : {}) as never };
  };
  const nextflow = (parse(readFileSync(config, 'utf8')) as { profiles: { nextflow: object } }).profiles.nextflow;
  return {
    ...{ dev, aws, account, config, region, balancer, tokenOf, call },
    nextflow: { enabled: true, 'job-image-whitelist': [], ...nextflow },
    admin: (method: string, path: string, body?: unknown) => adminCall(aws, method, path, body),
  };
};

type World = Awaited<ReturnType<typeof world>>;

/** Hatchery's way: the same call until there is a key. How often it was told to ask again. */
const launch = async ({ call, nextflow }: World, user: string): Promise<{ waits: number }> => {
  for (let waits = 0; ; waits += 1) {
    const body = { user, nextflow, nextflowGlobal: null, payModel: null };
    const { status, text } = await call('hatchery', 'POST', '/hatchery/launch', body, { prefer: 'wait=300' });
    if (status === 200) return { waits };
    if (status !== 202) throw new Error(`launch of ${user}: ${status} ${text}`);
  }
};

const countsOf = async ({ admin, account, call }: World, user: string): Promise<Record<string, number>> => {
  const { id } = (await call(user, 'GET', `/v1/workspaces/localhost.${user}`)).json as WorkspaceView;
  const all = (await admin('GET', `accounts/${account}/inventory`)) as InventoryItem[];
  const own = all.filter(
    ({ tags, details }) => tags['eyrie:workspace'] === id || String(details.userName ?? '').endsWith(user),
  );
  const counts: Record<string, number> = {};
  for (const { type } of own) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
};

/** Does something again and again, and notes what fails. */
const repeat = (isOver: () => boolean, failures: string[], what: string, act: () => Promise<void>) =>
  (async () => {
    let done = 0;
    while (!isOver()) {
      await act().then(
        () => {
          done += 1;
        },
        (error: Error) => void failures.push(`${what}: ${error.message} ${(error.cause as Error)?.message ?? ''}`),
      );
    }
    return done;
  })();

/** Of a body that takes about four seconds to come: longer than the drain of a process. */
async function* slowly(bytes: Buffer): AsyncGenerator<Buffer> {
  const chunk = bytes.length / 20;
  for (let at = 0; at < bytes.length; at += chunk) {
    await delay(200);
    yield bytes.subarray(at, at + chunk);
  }
}

test('APIs and workers are replaced under load: no request fails, no launch, and nothing is made twice', async () => {
  const all = await world();
  const { dev, admin, account, balancer, call, config, region, tokenOf } = all;
  let apis: RootProcess[] = await Promise.all([
    startRoot('api/server.ts', config, { api: STOPPING }),
    startRoot('api/server.ts', config, { api: STOPPING, s3: { processes: 2 } }),
  ]);
  const urlsOf = () => apis.map(({ ready }) => ready.api ?? '');
  balancer.set(urlsOf());
  await until('both are ready', () => urlsOf().every(balancer.isReady));
  let worker = await startRoot('worker.ts', config);

  const before = `before${randomUUID().slice(0, 6)}`;
  await launch(all, before);
  const clean = await countsOf(all, before);
  expect(clean).toMatchObject({ 'AWS::EC2::VPC': 1, 'AWS::IAM::AccessKey': 1, 'AWS::Batch::JobQueue': 1 });
  const storing = `storing${randomUUID().slice(0, 6)}`;
  const { bucket } = (await call(storing, 'GET', '/storage/setup')).json as { bucket: string };
  const s3 = new S3Client({
    ...{ endpoint: `${balancer.url}/s3`, region, forcePathStyle: true },
    credentials: { accessKeyId: await tokenOf(storing), secretAccessKey: 'N/A' },
    maxAttempts: 1, // what fails is to be seen
  });
  onTestFinished(() => s3.destroy());
  const large = randomBytes(2 * MIB);
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'large', Body: large }));
  const { seq: journalFrom = 0 } =
    ((await admin('GET', `journal?account=${account}&after=0`)) as { seq: number }[]).at(-1) ?? {};

  // Launches that take long enough for everything to be replaced meanwhile, with calls under way at each moment.
  const slow = ['CreateVpc', 'CreateComputeEnvironment', 'CreateJobQueue', 'RunInstances', 'CreateAccessKey'];
  await admin(
    'POST',
    'faults',
    slow.map((operation) => ({ service: '*', operation, account, times: -1, fault: 'slow', delayMs: 2_000 })),
  );
  const failures: string[] = [];
  let over = false;
  const isOver = () => over;
  const users = Array.from({ length: LAUNCHES }, (_, nth) => `u${nth}x${randomUUID().slice(0, 6)}`);
  const launches = users.map((user) => launch(all, user));
  void Promise.allSettled(launches);
  const loads = [
    ...['a', 'b'].map(() =>
      repeat(isOver, failures, 'list', async () => {
        const { status } = await call(before, 'GET', '/v1/workspaces');
        if (status !== 200) throw new Error(String(status));
        await delay(50);
      }),
    ),
    repeat(isOver, failures, 'upload', async () => {
      const Body = Readable.from(slowly(large));
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'slow', Body, ContentLength: large.length }));
    }),
    repeat(isOver, failures, 'download', async () => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'large' }));
      let bytes = 0;
      for await (const chunk of Body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        await delay(20);
      }
      if (bytes !== large.length) throw new Error(`${bytes} of ${large.length} bytes`);
    }),
  ];
  const replaceApis = async () => {
    for (const nth of [0, 1]) {
      const processes = { s3: { processes: nth + 1 } };
      const next = await startRoot('api/server.ts', config, { api: STOPPING, ...processes });
      const old = apis[nth] as RootProcess;
      apis = apis.with(nth, next);
      balancer.set([...urlsOf(), old.ready.api ?? '']);
      await until('the new one is ready', () => balancer.isReady(next.ready.api ?? ''));
      const { code, ms } = await old.stop();
      process.stderr.write(`API of ${nth + 1} processes: stopped in ${ms} ms under load\n`);
      expect(code).toBe(0);
      balancer.set(urlsOf());
    }
  };
  const replaceWorkers = async () => {
    const { workerPid } = dev.state();
    process.kill(workerPid, 'SIGTERM');
    await until('eyrie dev has another worker', () => dev.state().workerPid !== workerPid);
    const old = worker;
    worker = await startRoot('worker.ts', config);
    const { code, ms } = await old.stop();
    process.stderr.write(`worker: stopped in ${ms} ms under load\n`);
    expect(code).toBe(0);
  };
  await Promise.all([replaceApis(), replaceWorkers()]);
  const ended = await Promise.allSettled(launches);
  over = true;
  const done = await Promise.all(loads);

  expect(failures).toEqual([]);
  expect(
    ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason), String(one.reason.cause)] : [])),
  ).toEqual([]);
  expect(Math.min(...done)).toBeGreaterThan(0);
  // Some waits were answered early, or nothing of it was proved.
  const waits = ended.map((one) => (one.status === 'fulfilled' ? one.value.waits : 0));
  expect(Math.max(...waits)).toBeGreaterThan(0);

  for (const user of users) expect(await countsOf(all, user)).toEqual(clean);
  const journal = (await admin('GET', `journal?account=${account}&after=${journalFrom}`)) as {
    operation: string;
    status: number;
  }[];
  for (const operation of ['CreateVpc', 'CreateInternetGateway', 'CreateComputeEnvironment', 'CreateAccessKey']) {
    const made = journal.filter((one) => one.operation === operation && one.status === 200);
    expect({ operation, made: made.length }).toEqual({ operation, made: LAUNCHES });
  }

  const connection = await Connection.connect({ address: dev.state().temporal });
  onTestFinished(() => connection.close());
  const temporal = new Client({ connection });
  for (const user of users) {
    const { events } = await temporal.workflow.getHandle(`workspace/localhost/${user}`).fetchHistory();
    // No activity's answer was lost: one that was would have been missed by its heartbeats or its time.
    const lost = (events ?? []).flatMap(
      ({ eventId, activityTaskStartedEventAttributes: started, activityTaskTimedOutEventAttributes: late }) => {
        const failure = late?.failure ?? started?.lastFailure;
        if (!failure?.timeoutFailureInfo) return [];
        const scheduled = Number(late?.scheduledEventId ?? started?.scheduledEventId);
        const { activityType } = events?.[scheduled - 1]?.activityTaskScheduledEventAttributes ?? {};
        return [`${eventId} ${activityType?.name}: ${JSON.stringify(failure)}`];
      },
    );
    expect(lost).toEqual([]);
  }
});
