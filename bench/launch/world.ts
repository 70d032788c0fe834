/** One launch in an account that nothing has touched before: a worker of its own in this process. */
import { randomInt, randomUUID } from 'node:crypto';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { Client } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import type { JournalEntry } from 'eyrie-sandbox/client';
import { createActivities } from '#activities/index.ts';
import { createOwnAws, homeAccount } from '#aws/own.ts';
import { createControl } from '#control/control.ts';
import { subjectWorkflowId } from '#domain/core/subject.ts';
import type { Timing } from '#domain/core/timing.ts';
import type { LaunchInput, WorkspaceMemo } from '#domain/workspace/input.ts';
import { workspaceSubject } from '#domain/workspace/subject.ts';
import { beatingInterceptor } from '#temporal/activity-interceptor.ts';
import { aWorkspace } from '../../test/domain/workspace-input.ts';
import { createRecorder, type Recorder } from './recorder.ts';

export interface Site {
  readonly aws: string;
  readonly client: Client;
  readonly native: NativeConnection;
  readonly workflowBundle: { readonly code: string };
  readonly timing: Timing;
}

/** One workflow's run with everything that was seen of it. */
export interface Run {
  readonly wallMs: number;
  readonly recorder: Recorder;
  readonly journal: readonly JournalEntry[];
  readonly workflowId: string;
  readonly events: readonly HistoryEvent[];
}

export type HistoryEvent = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

export interface World {
  readonly input: LaunchInput;
  readonly run: (workflowType: 'launchWorkspace' | 'launchStepByStep', input?: LaunchInput) => Promise<Run>;
  readonly close: () => Promise<void>;
}

const REGION = 'us-east-1';
const IMAGE = { id: 'ami-0123456789abcdef0', name: 'al2023-nextflow', architecture: 'x86_64' };

/** An admin call to the sandbox. */
const ask = async (aws: string, method: string, path: string, body?: unknown): Promise<unknown> => {
  const answer = await fetch(`${aws}/_sandbox/${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
};

/** `scale`: of the delays of this account alone. Default: the sandbox's. */
export const openWorld = async (site: Site, scale?: number): Promise<World> => {
  const { aws: endpoint, client, timing } = site;
  const accountId = `${randomInt(100_000, 1_000_000)}${randomInt(100_000, 1_000_000)}`;
  const home = homeAccount({ region: REGION, accountId });
  const plain = createOwnAws({
    region: REGION,
    endpoint,
    credentials: { accessKeyId: accountId, secretAccessKey: 'sandbox' },
  });
  const bucket = `control-${accountId}`;
  await plain.s3(home).send(new CreateBucketCommand({ Bucket: bucket }));
  if (scale !== undefined) await ask(endpoint, 'PUT', 'timing', { scale, account: accountId });
  await ask(endpoint, 'POST', `accounts/${accountId}/images`, { images: [IMAGE], pipelines: [] });

  let recorder = createRecorder();
  const aws = new Proxy(plain, { get: (_, name: keyof typeof plain) => recorder.wrap(plain)[name] });
  const control = createControl({
    s3: { send: (...args: Parameters<ReturnType<typeof aws.s3>['send']>) => aws.s3(home).send(...args) } as never,
    bucket,
    sealingKeys: [{ id: 'bench', key: Buffer.alloc(32, 7) }],
  });
  const taskQueue = `bench-${accountId}`;
  const worker = await Worker.create({
    connection: site.native,
    taskQueue,
    workflowBundle: site.workflowBundle,
    activities: createActivities({ aws, control, timing, temporal: client }),
    interceptors: {
      activity: [
        (context) => ({ inbound: beatingInterceptor(context) }),
        (context) => ({ inbound: recorder.interceptor(context) }),
      ],
    },
  });
  const running = worker.run();

  const user = `u${accountId}@example.org`;
  const input: LaunchInput = {
    workspace: { ...aWorkspace({ user }), account: home },
    launchId: randomUUID(),
    fingerprint: 'bench',
    requestedBy: user,
    timing,
  };

  return {
    input,
    async run(workflowType, given = input) {
      recorder = createRecorder();
      const own = recorder;
      const after = ((await ask(endpoint, 'GET', `journal?account=${accountId}`)) as JournalEntry[]).at(-1)?.seq ?? 0;
      const memo: WorkspaceMemo = {
        user,
        account: accountId,
        region: REGION,
        profile: null,
        fingerprint: given.fingerprint,
        requestedBy: user,
      };
      const workflowId = subjectWorkflowId(workspaceSubject(given.workspace));
      const from = performance.now();
      const handle = await client.workflow.start(workflowType, {
        workflowId,
        taskQueue,
        args: [given],
        memo: { ...memo },
      });
      await handle.result();
      const wallMs = performance.now() - from;
      const journal = (await ask(endpoint, 'GET', `journal?account=${accountId}&after=${after}`)) as JournalEntry[];
      const { events } = await handle.fetchHistory();
      return { wallMs, recorder: own, journal, workflowId, events: events ?? [] };
    },
    async close() {
      worker.shutdown();
      await running;
    },
  };
};
