/**
 * The sandbox as a process of its own: an AWS endpoint, a Temporal server, an OIDC issuer. Prints one line of JSON when
 * everything is ready and stops all it started on SIGTERM, SIGINT, or when its parent is gone.
 */
import { parseArgs } from 'node:util';
import { startAwsSandbox } from './start.ts';

const { values } = parseArgs({
  options: {
    'aws-port': { type: 'string', default: '0' },
    scale: { type: 'string', default: '0.1' },
    seed: { type: 'string', default: '1' },
  },
  strict: false,
});

const aws = await startAwsSandbox({
  port: Number(values['aws-port']),
  scale: Number(values.scale),
  seed: Number(values.seed),
});
const stop = async (): Promise<void> => {
  await aws.stop();
  process.exit(0);
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
process.stdout.write(`${JSON.stringify({ aws: aws.endpoint, pid: process.pid })}\n`);
