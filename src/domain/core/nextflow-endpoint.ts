import { quote } from './groovy.ts';

/**
 * A `nextflow.config` for an AWS that is not at its usual address, such as the sandbox. Undefined: it is. Of S3 alone, since
 * Nextflow knows no such option of Batch.
 * @see https://www.nextflow.io/docs/latest/reference/config.html#aws
 */
export const withAwsEndpoint = (config: string, endpoint: string | undefined): string =>
  endpoint === undefined
    ? config
    : [
        config.trimEnd(),
        '',
        '// AWS as Eyrie is told to reach it.',
        `aws.client.endpoint = ${quote(endpoint)}`,
        'aws.client.s3PathStyleAccess = true',
        '',
      ].join('\n');
