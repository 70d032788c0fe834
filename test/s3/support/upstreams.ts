/**
 * Strict upstreams, which verify signatures and digests: the sandbox's S3, or versitygw where S3_UPSTREAM says so.
 * Each is behind a tap.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Options } from '#s3/options.ts';
import { sandboxAccount } from '../../support/sandbox.ts';
import { startTap, type Tap } from './tap.ts';
import { type Started, startVersitygw } from './versitygw.ts';

export interface StrictUpstream {
  readonly name: 'sandbox' | 'versitygw';
  /** For the proxy: through the tap. */
  readonly upstream: S3Options['upstream'];
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Speaks to it directly, with its own credentials. */
  readonly client: S3Client;
  readonly tap: Tap;
  makeBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

export const strictUpstream = async (): Promise<StrictUpstream> => {
  const isVersity = process.env.S3_UPSTREAM === 'versitygw';
  const { endpoint, credentials, stop } = isVersity ? await startVersitygw() : await sandbox();
  const tap = await startTap(endpoint);
  const region = 'us-east-1';
  const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 2 });
  return {
    name: isVersity ? 'versitygw' : 'sandbox',
    upstream: { endpoint: tap.endpoint, region, credentials: async () => credentials },
    endpoint,
    credentials,
    client,
    tap,
    makeBucket: async (name) => void (await client.send(new CreateBucketCommand({ Bucket: name }))),
    async stop() {
      client.destroy();
      await tap.stop();
      await stop();
    },
  };
};

const sandbox = async (): Promise<Started> => {
  const { endpoint, credentials } = await sandboxAccount();
  return { endpoint, credentials, stop: async () => {} };
};
