/** What one writes first: Hono, fetch, the body through web streams, signed by the SDK's library. No checks at all. */

import { Sha256 } from '@aws-crypto/sha256-js';
import { serve } from '@hono/node-server';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { Hono } from 'hono';

const { endpoint } = JSON.parse(process.argv[2] ?? '{}') as { endpoint: string };
const upstream = new URL(endpoint);
const signer = new SignatureV4({
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
  sha256: Sha256,
  uriEscapePath: false,
});

const app = new Hono();
app.all('/s3/*', async (c) => {
  const url = new URL(c.req.url);
  const path = url.pathname.slice(3);
  const length = c.req.header('content-length');
  const request = new HttpRequest({
    method: c.req.method,
    hostname: upstream.host,
    path,
    headers: {
      host: upstream.host,
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      ...(length && { 'content-length': length }),
    },
  });
  const { headers } = await signer.sign(request);
  const body = c.req.raw.body;
  const answer = await fetch(`${endpoint}${path}`, {
    method: c.req.method,
    headers,
    ...(body && { body, duplex: 'half' }),
  } as RequestInit);
  return new Response(answer.body, { status: answer.status, headers: answer.headers });
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  process.stdout.write(`${JSON.stringify({ port, pid: process.pid })}\n`);
});
