/** What the product is held against: nginx, which passes the same load through, and the simplest proxy in Node. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstLine, folder, here, MEASURED, startChild } from './children.ts';

export interface Peer {
  readonly name: string;
  readonly port: number;
  /** The processes whose CPU and memory count. */
  readonly pids: () => number[];
  /** Below the host. */
  readonly prefix: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly bucket: string;
}

const PLAIN = {
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'secret' },
  bucket: 'gen3wf-localhost-bench',
};

/** No proxy at all. */
export const direct = (upstreamPort: number): Peer => ({
  name: 'direct',
  port: upstreamPort,
  pids: () => [],
  prefix: '',
  ...PLAIN,
});

export const startNginx = async (upstreamPort: number, tls: boolean): Promise<Peer> => {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  mkdirSync(join(folder, 'nginx'), { recursive: true });
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx/pid; error_log ${folder}/nginx/error.log;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}/nginx; proxy_temp_path ${folder}/nginx; fastcgi_temp_path ${folder}/nginx;
  uwsgi_temp_path ${folder}/nginx; scgi_temp_path ${folder}/nginx; keepalive_requests 1000000000;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port}; client_max_body_size 0; client_body_buffer_size 64k; large_client_header_buffers 4 32k;
    location / {
      proxy_pass ${tls ? 'https' : 'http'}://up; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_request_buffering off; proxy_buffer_size 64k; proxy_buffers 16 64k; proxy_busy_buffers_size 256k; proxy_max_temp_file_size 0;
    }
  }
}`,
  );
  const master = startChild(MEASURED, 'nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder]);
  await untilOpen(port);
  const workers = (): number[] =>
    readFileSync(`/proc/${master.pid}/task/${master.pid}/children`, 'utf8').trim().split(' ').map(Number);
  return { name: 'nginx', port, pids: workers, prefix: '', ...PLAIN };
};

async function untilOpen(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`nothing listens on ${port}`);
}

/** Hono and fetch. */
export const startNaive = async (upstreamPort: number, caFile: string | undefined): Promise<Peer> => {
  const options = { endpoint: `${caFile ? 'https' : 'http'}://127.0.0.1:${upstreamPort}` };
  const child = startChild(MEASURED, process.execPath, [here('./naive.ts'), JSON.stringify(options)], {
    env: caFile ? { NODE_EXTRA_CA_CERTS: caFile } : {},
  });
  const { port, pid } = await firstLine<{ port: number; pid: number }>(child);
  return { name: 'naive', port, pids: () => [pid], prefix: '/s3', ...PLAIN };
};
