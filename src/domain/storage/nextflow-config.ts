/** The `nextflow.config` of a user who runs tasks on a TES server: with the S3 endpoint, or with IAM keys. */
import { quote } from '../core/groovy.ts';
import { workdirOf } from './names.ts';

/** `s3`: the token is the key, for the S3 endpoint. `keys`: an IAM key of the user's own, for S3 itself. */
export const STORAGE_CONFIG_MODES = ['s3', 'keys'] as const;

export interface StorageConfigParts {
  readonly mode: (typeof STORAGE_CONFIG_MODES)[number];
  readonly bucket: string;
  readonly region: string;
  /** URL of the API, without a slash at its end. */
  readonly api: string;
  /** URL of the S3 endpoint. */
  readonly s3: string;
  /** Image of processes that name none; empty: each brings its own. */
  readonly container: string;
}

export const renderStorageConfig = ({ mode, bucket, region, api, s3, container }: StorageConfigParts): string =>
  [
    ...HEADS[mode],
    'plugins {',
    "    id 'nf-ga4gh'",
    '}',
    '',
    'process {',
    "    executor = 'tes'",
    ...(container === '' ? [] : [`    container = ${quote(container)}`]),
    '}',
    '',
    'tes {',
    `    endpoint = ${quote(`${api}/ga4gh/tes`)}`,
    `    oauthToken = ${environment('GEN3_TOKEN')}`,
    '}',
    '',
    'aws {',
    ...(mode === 's3'
      ? [`    accessKey = ${environment('GEN3_TOKEN')}`, "    secretKey = 'N/A'"]
      : [`    accessKey = ${environment('KEY_ID')}`, `    secretKey = ${environment('KEY_SECRET')}`]),
    `    region = ${quote(region)}`,
    ...(mode === 's3'
      ? ['    client {', '        s3PathStyleAccess = true', `        endpoint = ${quote(s3)}`, '    }']
      : []),
    '}',
    '',
    `workDir = ${quote(workdirOf(bucket))}`,
    '',
  ].join('\n');

const HEADS = {
  s3: ['// Set GEN3_TOKEN to your Gen3 access token.'],
  keys: ['// Set GEN3_TOKEN to your Gen3 access token, KEY_ID and KEY_SECRET to a key of POST /storage/credentials.'],
} as const;

/** Works in old and in strict configurations alike; the variable stays out of the file. */
const environment = (name: string): string => `System.getenv('${name}')`;
