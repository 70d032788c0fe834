import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Port, USUAL_PORTS } from '../dev/ports.ts';
import type { DevOptions } from '../dev/run.ts';

const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('0 to 65535; 0 is any free port');
  return port;
};

const parseCount = (text: string): number => {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('1 to 99');
  return Number(text);
};

const parseScale = (text: string): number => {
  const scale = Number(text);
  if (text.trim() === '' || !(scale >= 0 && scale <= 100)) throw new InvalidArgumentError('0 to 100');
  return scale;
};

const usual = (port: Port): string =>
  `(default: ${USUAL_PORTS[port]} where it is free; 0, or where it is not: any free one)`;

export const registerDev = (program: Command): void => {
  program
    .command('dev')
    .description('run everything on one machine: sandbox, worker, API')
    .option('--api-port <port>', `of the API ${usual('api')}`, parsePort)
    .option('--aws-port <port>', `of the AWS endpoint ${usual('aws')}`, parsePort)
    .option('--temporal-port <port>', `of Temporal ${usual('temporal')}`, parsePort)
    .option('--ui-port <port>', `of the Temporal UI ${usual('ui')}`, parsePort)
    .option('--issuer-port <port>', `of the token issuer ${usual('issuer')}`, parsePort)
    .option(
      '--scale <factor>',
      "factor for AWS's delays and Eyrie's waiting times; 1 is realistic, 0 does not wait",
      parseScale,
      0.1,
    )
    .option('--db-file <file>', "Temporal's database (default: in memory)")
    .option('--config <file>', 'YAML file whose options override the generated ones')
    .option(
      '--hatchery-config <file>',
      "Hatchery's own configuration: its containers are profiles, with images in the sandbox",
    )
    .option('--s3-upstream <url>', "S3 server behind the S3 endpoint (default: the sandbox's)")
    .option('--s3-upstream-key <id>', 'its access key id')
    .option('--s3-upstream-secret <secret>', 'its secret access key')
    .addOption(
      new Option('--s3-mode <mode>', 'how far a token that is sent as access key id is trusted')
        .choices(['compat', 'constant', 'session'])
        .default('compat'),
    )
    .option('--s3-root-port <port>', 'port that serves S3 without a path', parsePort)
    .option('--s3-processes <count>', 'number of API processes', parseCount, 1)
    .option('--tes-url <url>', 'TES server behind /ga4gh/tes/v1 (default: none)')
    .addOption(
      new Option('--tes-forward <what>', 'credentials that go along with each task')
        .choices(['system-key', 'session', 'none'])
        .default('none'),
    )
    .option('--tls', 'serve everything over https')
    .option('--no-restart', 'do not restart a worker or API that died')
    .option('--verbose', 'logs of all parts on standard error')
    .option('--json', 'print a line of JSON when everything is ready, and at each restart')
    .action(async (options: DevOptions) => {
      // Loaded when needed: the AWS SDK would make every other command slow to start.
      const { runDev } = await import('../dev/run.ts');
      await runDev(options);
    });
};
