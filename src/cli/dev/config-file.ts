/** The configuration of `eyrie dev`: a YAML file that more workers and APIs can join with. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify as stringifyYaml } from 'yaml';
import { parseConfig, readYaml } from '#config/load.ts';
import type { Config } from '#config/schema.ts';
import type { YamlFile } from '#config/yaml-file.ts';
import { DEV_HOSTNAME, type DevAccount } from './account.ts';
import type { Certificate } from './certificate.ts';
import type { DevHatchery } from './hatchery.ts';
import type { Sandbox } from './sandbox.ts';

/** The S3 endpoint's flags. */
export interface DevS3Options {
  /** Default: the sandbox's S3. */
  readonly s3Upstream?: string;
  readonly s3UpstreamKey?: string;
  readonly s3UpstreamSecret?: string;
  readonly s3Mode: 'compat' | 'constant' | 'session';
  readonly s3RootPort?: number;
  readonly s3Processes: number;
}

/** The flags of the pass-through to a TES server. */
export interface DevTesOptions {
  /** Default: none. */
  readonly tesUrl?: string;
  readonly tesForward: 'system-key' | 'session' | 'none';
}

export interface DevConfigParts {
  readonly sandbox: Sandbox;
  readonly account: DevAccount;
  readonly apiPort: number;
  readonly scale: number;
  readonly certificate: Certificate | undefined;
  readonly s3: DevS3Options;
  readonly tes: DevTesOptions;
  readonly hatchery: DevHatchery | undefined;
  readonly overrides: Overrides | undefined;
}

/** What a YAML file holds whose options win. */
export interface Overrides {
  readonly file: string;
  readonly yaml: YamlFile;
}

/** @throws ConfigError where it can't be read. */
export const readOverrides = (file: string | undefined): Overrides | undefined =>
  file === undefined ? undefined : { file, yaml: readYaml(file, `the configuration ${file}`) };

/** Readable by its owner only: it holds the sealing key. @throws ConfigError for unusable overrides. */
export const writeDevConfig = (home: string, parts: DevConfigParts): { file: string; config: Config } => {
  const { overrides, hatchery } = parts;
  const given = merge(merge(devConfig(parts), overrides?.yaml.value), hatchery && { hatcheryConfig: hatchery.path });
  const config = overrides
    ? parseConfig(given, `the configuration with ${overrides.file}`, overrides.yaml.placeOf)
    : parseConfig(given);
  const file = join(home, 'config.yaml');
  writeFileSync(file, stringifyYaml(given), { mode: 0o600 });
  return { file, config };
};

const devConfig = ({ sandbox, account, apiPort, scale, certificate, s3, tes, hatchery }: DevConfigParts) => ({
  environment: DEV_HOSTNAME,
  aws: {
    region: account.region,
    endpoint: sandbox.aws,
    accountId: account.id,
    controlBucket: account.controlBucket,
    credentials: account.credentials,
    assumeRole: { roleArn: account.workerRoleArn },
  },
  sealingKeys: [{ id: 'dev', key: randomBytes(32).toString('base64') }],
  auth: { issuer: sandbox.issuer, serviceClients: ['hatchery', 'tes'], s3Clients: ['tes'] },
  profiles: {
    nextflow: {
      'job-image-whitelist': [],
      's3-bucket-whitelist': [],
      'compute-environment-type': 'EC2',
      'instance-ami': account.imageId,
      'instance-type': 'm5.large',
      'instance-min-vcpus': 0,
      'instance-max-vcpus': 16,
    },
  },
  ...(!(hatchery && 'nextflow-global' in hatchery.options) && {
    'nextflow-global': { 'sample-config-public-image': 'quay.io/nextflow/bash' },
  }),
  timing: { scale },
  storage: { userKeys: true },
  api: {
    host: '127.0.0.1',
    port: apiPort,
    // An API that joins finds the port taken; one that takes the place of another finds it free.
    portTaken: 'any',
    // Nothing balances here, and Ctrl-C is to be answered soon.
    drainSeconds: 0,
    stopSeconds: 10,
    assumeRole: { roleArn: account.apiRoleArn },
    ...(certificate && { tls: { certFile: certificate.cert, keyFile: certificate.key } }),
  },
  ...(certificate && { caFile: certificate.ca }),
  temporal: { address: sandbox.temporal, namespace: 'default' },
  tes: {
    ...(tes.tesUrl !== undefined && { url: tes.tesUrl }),
    forward: tes.tesForward,
    // On a laptop there is nobody to keep images from.
    images: ['*'],
  },
  s3: {
    mode: s3.s3Mode,
    processes: s3.s3Processes,
    ...(s3.s3RootPort !== undefined && { rootPort: s3.s3RootPort }),
    ...(s3.s3Upstream !== undefined && {
      upstream: { endpoint: s3.s3Upstream, accessKeyId: s3.s3UpstreamKey, secretAccessKey: s3.s3UpstreamSecret },
    }),
  },
});

/** Maps are merged, anything else is replaced. */
const merge = (base: unknown, given: unknown): unknown => {
  if (!isMap(base) || !isMap(given)) return given ?? base;
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(given)) merged[key] = merge(base[key], value);
  return merged;
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
