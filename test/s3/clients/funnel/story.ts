/**
 * Alone in a network namespace: a strict S3 server, the API in front of it, and Funnel behind the API. py-tes sends tasks as
 * a user does; Funnel moves their files through the S3 endpoint, with the session that came with each. Prints what
 * happened as one line of JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { jsonListener } from '#api/listener.ts';
import { mountS3, S3_SERVER_OPTIONS } from '#s3/mount.ts';
import { BUCKET, startTesRig, TES_TOKENS } from '../../../tes/rig.ts';
import { s3 } from '../../support/http.ts';
import { startVersitygw } from '../../support/versitygw.ts';
import { check } from '../run.ts';
import { type Funnel, startFunnel } from './server.ts';

const PYTHON = fileURLToPath(new URL('../../../../.eyrie/tes/bin/python', import.meta.url));
const CLIENT = fileURLToPath(new URL('./pytes_run.py', import.meta.url));

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );

const folder = mkdtempSync(join(tmpdir(), 'funnel-'));
const gateway = await startVersitygw();
// A copy: the SDK writes into the object that it is given.
const credentials = { ...gateway.credentials };
const store = new S3Client({ endpoint: gateway.endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
await store.send(new CreateBucketCommand({ Bucket: BUCKET }));
for (const [Key, Body] of Object.entries({ 'in.txt': 'some words', 'secret.txt': 'not of this task' }))
  await store.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));

/** The last session that came along. */
let session = { endpoint: '', accessKeyId: '', secretAccessKey: '', sessionToken: '' };
let funnel: Funnel | undefined;

const relay = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const given = (name: string): string => String(req.headers[`x-task-${name}`] ?? '');
  if (req.method === 'POST' && given('access-key-id') !== '') {
    session = {
      endpoint: given('s3-endpoint'),
      accessKeyId: given('access-key-id'),
      secretAccessKey: given('secret-access-key'),
      sessionToken: given('session-token'),
    };
    await funnel?.stop();
    funnel = await startFunnel({
      folder,
      s3: { ...session, accessKeyId: `${session.accessKeyId}.${session.sessionToken}` },
    });
  }
  funnel ??= await startFunnel({
    folder,
    s3: { endpoint: 'http://127.0.0.1:1', accessKeyId: 'none', secretAccessKey: 'none' },
  });
  const answer = await fetch(`${funnel.url}${req.url}`, { method: req.method ?? 'GET', ...(body !== '' && { body }) });
  res.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
};

/** Stands for Funnel's plugin: a Funnel is set up anew with the credentials that come with a task. */
const bridge = createServer(
  (req, res) => void relay(req, res).catch((error: unknown) => res.writeHead(500).end(String(error))),
);
const bridgeUrl = await listen(bridge);
const root = createServer(S3_SERVER_OPTIONS);
const rootUrl = await listen(root);
const rig = await startTesRig({
  tes: { url: bridgeUrl, forward: 'session', timeoutSeconds: 30 },
  s3: { upstream: { endpoint: gateway.endpoint, ...gateway.credentials } },
  s3Endpoint: () => rootUrl,
});
mountS3(root, rig.handler, '');
const api = createServer(jsonListener(rig.app));
const url = await listen(api);

try {
  const told = await check(PYTHON, [
    CLIENT,
    JSON.stringify({ url, token: TES_TOKENS.alice, other: TES_TOKENS.bob, bucket: BUCKET }),
  ]);
  const stored = await store.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'sub/out.txt' }));
  const attempt = async (method: string, key: string): Promise<number> =>
    (await s3({ endpoint: session.endpoint, credentials: session, method, path: `/${BUCKET}/${key}` })).status;
  const result = {
    ...(JSON.parse(told) as object),
    stored: await stored.Body?.transformToString(),
    reach: {
      input: await attempt('GET', 'in.txt'),
      secret: await attempt('GET', 'secret.txt'),
      overwritten: await attempt('PUT', 'in.txt'),
      deleted: await attempt('DELETE', 'sub/out.txt'),
    },
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} finally {
  await funnel?.stop();
  for (const server of [api, root, bridge]) {
    server.close();
    server.closeAllConnections();
  }
  await rig.stop();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
