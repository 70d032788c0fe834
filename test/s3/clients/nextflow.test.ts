/** Nextflow itself reads the configurations that Eyrie renders, and its S3 client works with what it has read. */
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { renderComputeNextflowConfig } from '#domain/compute/nextflow-config.ts';
import { quote } from '#domain/core/groovy.ts';
import { withAwsEndpoint } from '#domain/core/nextflow-endpoint.ts';
import { STORAGE_CONFIG_MODES } from '#domain/storage/nextflow-config.ts';
import { renderNextflowConfig } from '#domain/workspace/nextflow-config.ts';
import { createEpochs } from '#s3/identity/epochs.ts';
import { createIdentities } from '#s3/identity/identities.ts';
import { createSessionMint } from '#s3/identity/mint.ts';
import { apiRig } from '../../api/rig.ts';
import { aCompute, aPool } from '../../domain/compute-input.ts';
import { aWorkspace } from '../../domain/workspace-input.ts';
import { memoryEpochStore } from '../support/epoch-store.ts';
import { bucketOf, HOSTNAME, startProxy } from '../support/proxy.ts';
import { token, verifyToken } from '../support/tokens.ts';
import { startVersitygw } from '../support/versitygw.ts';
import { PARSERS, readConfig } from './nextflow/read-config.ts';
import { check } from './run.ts';

const JAVA = fileURLToPath(new URL('../../../.eyrie/s3-java', import.meta.url));
const [TES, AMAZON] = ['nf-ga4gh@1.3.0', 'nf-amazon@2.15.0'] as const;

/** An API whose `/s3` is in front of a strict S3 server where alice has her bucket. */
const commons = async () => {
  const gateway = await startVersitygw();
  onTestFinished(() => gateway.stop());
  const upstream = { endpoint: gateway.endpoint, region: 'us-east-1', credentials: async () => gateway.credentials };
  // As a commons has it that takes any client: the secret is a word that stands in the configuration.
  const proxy = await startProxy({ upstream, mode: 'constant', constants: ['N/A'] });
  onTestFinished(() => proxy.stop());
  const admin = new S3Client({ ...upstream, credentials: { ...gateway.credentials }, forcePathStyle: true });
  await admin.send(new CreateBucketCommand({ Bucket: bucketOf('alice') }));
  admin.destroy();
  const { sessionKeys } = proxy;
  const epochs = createEpochs(memoryEpochStore(), Date.now);
  const { tokens } = createIdentities({ verifyToken, hostname: HOSTNAME, delegates: [], sessionKeys, epochs });
  const { app } = apiRig({
    storage: {
      mint: createSessionMint({ keys: sessionKeys, epochs, tokens, now: Date.now }),
      setup: { ensureBucket: async () => Promise.reject(new Error('nothing is set up here')) },
      region: 'us-east-1',
      endpoint: () => proxy.endpoint,
      container: 'quay.io/nextflow/bash',
    },
  });
  const bearer = await token({ sub: 'alice' });
  const render = async (mode: string): Promise<string> => {
    const headers = { authorization: `Bearer ${bearer}` };
    const answer = await app.request(`/storage/nextflow.config?mode=${mode}`, { headers });
    expect(answer.status).toBe(200);
    return await answer.text();
  };
  return { api: proxy.endpoint.replace(/\/s3$/, ''), endpoint: proxy.endpoint, bearer, render };
};

describe.each(PARSERS)('by the parser %s', (parser) => {
  test.each(STORAGE_CONFIG_MODES)('a user’s configuration for %s', async (mode) => {
    const { api, endpoint, bearer, render } = await commons();
    const environment = { GEN3_TOKEN: bearer, KEY_ID: 'AKIAEXAMPLE', KEY_SECRET: 'not/a+secret' };
    const { config, unknown } = await readConfig(await render(mode), { parser, plugin: TES, environment });
    const aws = {
      s3: {
        accessKey: bearer,
        secretKey: 'N/A',
        region: 'us-east-1',
        client: { s3PathStyleAccess: true, endpoint },
      },
      keys: { accessKey: 'AKIAEXAMPLE', secretKey: 'not/a+secret', region: 'us-east-1' },
    };
    expect(config).toEqual({
      plugins: ['nf-ga4gh'],
      process: { executor: 'tes', container: 'quay.io/nextflow/bash' },
      tes: { endpoint: `${api}/ga4gh/tes`, oauthToken: bearer },
      aws: aws[mode],
      workDir: `s3://${bucketOf('alice')}/ga4gh-tes`,
    });
    // Those of `tes` are the plugin's own, which is not there.
    expect(unknown.filter((option) => !option.startsWith('tes.'))).toEqual([]);
  });

  test.each(['EC2', 'SPOT'] as const)('the configuration of a workspace on %s', async (type) => {
    const image = 'quay.io/nextflow/bash';
    const workspace = aWorkspace({
      nextflow: { 'compute-environment-type': type },
      global: { 'sample-config-public-image': image },
    });
    const kmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1111';
    const endpoint = 'http://127.0.0.1:4566';
    const text = withAwsEndpoint(renderNextflowConfig(workspace, { kmsKeyArn, imageFamily: 'AL2023' }), endpoint);
    const { config, unknown } = await readConfig(text, { parser, plugin: AMAZON });
    expect(config).toEqual({
      plugins: ['nf-amazon'],
      process: {
        executor: 'awsbatch',
        queue: 'brh-data-commons-org-nf-job-queue-test-40example-2ecom',
        container: image,
      },
      aws: {
        region: 'us-east-1',
        batch: {
          cliPath: '/opt/nextflow/aws-cli/bin/aws',
          jobRole:
            'arn:aws:iam::123456789012:role/brh-data-commons-org-hatchery-nf-test-40example-2ecom/brh-data-commons-org-nf-jobs-test-40example-2ecom',
          maxSpotAttempts: type === 'SPOT' ? 5 : 0,
          terminateUnschedulableJobs: true,
        },
        client: { storageEncryption: 'aws:kms', storageKmsKeyId: kmsKeyArn, endpoint, s3PathStyleAccess: true },
      },
      workDir: 's3://brh-data-commons-org-nf-123456789012/test-40example-2ecom',
    });
    expect(unknown).toEqual([]);
  });
});

test.each(PARSERS)('the configuration of a compute environment, by the parser %s', async (parser) => {
  const environment = { name: 'A', value: "it's $x", head: false, compute: true };
  const compute = aCompute({
    forgeId: 'a1b2c3d4e5f6g7h8i9j0',
    config: { workDir: '/data/w', maxQueueSize: 7, environment: [environment], nextflowConfig: 'cleanup = true' },
    forge: { type: 'SPOT', efsId: 'fs-0123456789abcdef0', efsMount: '/data' },
    eyrie: {
      pools: [aPool({ name: 'gpu', label: 'with_gpu', gpuEnabled: true })],
      fairShare: { shareDecaySeconds: 0, computeReservation: 0, shares: [{ identifier: 'lab', weight: 1 }] },
    },
  });
  const { config, unknown } = await readConfig(renderComputeNextflowConfig(compute), { parser, plugin: AMAZON });
  const main = 'TowerForge-a1b2c3d4e5f6g7h8i9j0';
  expect(config).toEqual({
    plugins: ['nf-amazon'],
    process: { executor: 'awsbatch', queue: `${main}-work`, 'withLabel:with_gpu': { queue: `${main}-gpu` } },
    executor: { queueSize: 7 },
    env: { A: "it's $x" },
    aws: {
      region: 'us-east-1',
      batch: {
        cliPath: '/opt/nextflow/aws-cli/bin/aws',
        executionRole: `arn:aws:iam::123456789012:role/${main}-ExecutionRole`,
        logsGroup: `/aws/batch/${main}`,
        volumes: ['/data'],
        maxSpotAttempts: 5,
        terminateUnschedulableJobs: true,
        shareIdentifier: 'lab',
      },
    },
    workDir: '/data/w',
    cleanup: true,
  });
  // The newer parser of this version warns of any selector.
  expect(unknown.filter((option) => !option.startsWith('process.withLabel:'))).toEqual([]);
});

test('that of one with Wave and Fusion, by the parser that loads no plugin for them', async () => {
  const parser = 'v1';
  const options = { waveEnabled: true, fusion2Enabled: true, fusionSnapshots: true };
  const compute = aCompute({ config: options, forge: { type: 'SPOT' } });
  const { config, unknown } = await readConfig(renderComputeNextflowConfig(compute), { parser, plugin: AMAZON });
  expect(config).toMatchObject({ wave: { enabled: true }, fusion: { enabled: true, snapshots: true } });
  expect(unknown).toEqual([]);
});

test.each(PARSERS)('any text that is put into a configuration is read as it was, by the parser %s', async (parser) => {
  const seed = Date.now() % 1_000_000;
  const odd = ['', "'", '\\', "\\'", '\\\\n', '\\u0041', `$x $\{y}`, '"""', "'''", '// /* #', 'a\r\nb\tc', 'é 日本 🐦'];
  const texts = [...odd, ...fc.sample(fc.string({ unit: 'grapheme', maxLength: 30 }), { numRuns: 200, seed })];
  const lines = texts.map((text, at) => `    p${at} = ${quote(text)}`);
  const { config } = await readConfig(['params {', ...lines, '}', ''].join('\n'), { parser, plugin: AMAZON });
  expect(config, `seed ${seed}`).toEqual({ params: Object.fromEntries(texts.map((text, at) => [`p${at}`, text])) });
});

test.each(PARSERS)(
  'a bird is one bird wherever it stands in a long configuration, by the parser %s',
  async (parser) => {
    const birds = Object.fromEntries(Array.from({ length: 4 }, (_, at) => [`p${at}`, '🐦'.repeat(2100 + at)]));
    const lines = Object.entries(birds).map(([name, text]) => `    ${name} = ${quote(text)}`);
    const { config } = await readConfig(['params {', ...lines, '}', ''].join('\n'), { parser, plugin: AMAZON });
    expect(config).toEqual({ params: birds });
  },
);

test('what Nextflow has read opens the bucket through /s3, for the SDK that Nextflow uses', async () => {
  const { bearer, render } = await commons();
  const { config } = await readConfig(await render('s3'), {
    parser: 'v1',
    plugin: TES,
    environment: { GEN3_TOKEN: bearer },
  });
  const { aws, workDir } = config as Configured;
  const bucket = new URL(workDir).host;
  const args = ['sync', aws.client.endpoint, bucket, aws.accessKey, aws.secretKey];
  const out = await check('java', ['-cp', `${JAVA}/classes:${JAVA}/dependency/*`, 'eyrie.S3Run', ...args]);
  expect(out).toContain('deleted: 8\n');
});

interface Configured {
  readonly aws: {
    readonly accessKey: string;
    readonly secretKey: string;
    readonly client: { readonly endpoint: string };
  };
  readonly workDir: string;
}
