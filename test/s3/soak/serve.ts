/** The proxy as a process of its own, told about by messages: anything unhandled ends it, which the test sees. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startProxy } from '../support/proxy.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const { endpoint, accessKeyId, secretAccessKey, user } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string>;
const credentials = async () => ({ accessKeyId: accessKeyId as string, secretAccessKey: secretAccessKey as string });
const proxy = await startProxy({
  upstream: { endpoint: endpoint as string, region: 'us-east-1', credentials },
  limits: { idleMs: 10_000 },
});
const errors: unknown[] = [];

process.on('message', (message) => {
  // The log of so many requests is not kept, but for what should not be in it.
  for (const { level, fields } of proxy.log)
    if (level === 'error' || fields.kind !== undefined) errors.push(String(fields.err ?? fields.kind));
  proxy.log.length = 0;
  if (message === 'stop') void proxy.stop().then(() => process.exit(0));
  else {
    collectGarbage();
    process.send?.({
      ...proxy.s3.stats(),
      errors,
      heap: process.memoryUsage().heapUsed,
      rss: process.memoryUsage().rss,
    });
  }
});
process.send?.({ port: proxy.port, session: proxy.session(user as string) });
