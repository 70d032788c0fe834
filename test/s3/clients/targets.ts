/** Where clients are pointed: at versitygw itself, and through the proxy, over http and https. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { token } from '../support/tokens.ts';
import { type Started, startVersitygw } from '../support/versitygw.ts';

export interface Target {
  readonly name: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** File with the certificate authority, for https. */
  readonly ca?: string;
  /** The credentials may sign URLs. */
  readonly presigns: boolean;
}

export interface Targets {
  /** The yardstick. */
  direct(): Promise<Target>;
  /** Through the proxy in each mode, with a token, for a user, and with sessions; `root` without a path. */
  proxied(root?: boolean): Promise<Target[]>;
  readonly folder: string;
  stop(): Promise<void>;
}

export const startTargets = async (): Promise<Targets> => {
  const folder = mkdtempSync(join(tmpdir(), 's3-clients-'));
  const [certFile, keyFile] = [join(folder, 'ca.pem'), join(folder, 'key.pem')];
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      keyFile,
      '-out',
      certFile,
      '-days',
      '2',
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      names,
    ],
    { stdio: 'ignore' },
  );
  const tls = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  const [gateway, yardstick] = [await startVersitygw(), await startVersitygw({ keepAlive: false })];
  const upstream = { endpoint: gateway.endpoint, region: 'us-east-1', credentials: async () => gateway.credentials };
  const http = await startProxy({ upstream });
  const constant = await startProxy({ upstream, mode: 'constant', constants: ['N/A'] });
  const https = await startProxy({ upstream, tls, mode: 'session' });
  const adminOf = ({ endpoint, credentials }: Started): S3Client =>
    new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  const admins = { gateway: adminOf(gateway), yardstick: adminOf(yardstick) };
  let count = 0;

  const fresh = async (admin = admins.gateway): Promise<{ user: string; bucket: string }> => {
    const user = `client-${count++}`;
    const bucket = bucketOf(user);
    await admin.send(new CreateBucketCommand({ Bucket: bucket }));
    return { user, bucket };
  };
  const endpointOf = (proxy: TestProxy, root: boolean): string => (root ? proxy.rootEndpoint : proxy.endpoint);

  return {
    folder,
    async direct() {
      const { bucket } = await fresh(admins.yardstick);
      return { name: 'direct', endpoint: yardstick.endpoint, bucket, ...yardstick.credentials, presigns: true };
    },
    async proxied(root = false) {
      const [first, second, third, fourth] = [await fresh(), await fresh(), await fresh(), await fresh()];
      const bearer = { accessKeyId: await token({ sub: first.user }), secretAccessKey: 'any' };
      const delegate = { accessKeyId: `${await token({ azp: 'tes' })};userId=${fourth.user}`, secretAccessKey: 'N/A' };
      return [
        { name: 'http, token', endpoint: endpointOf(http, root), bucket: first.bucket, ...bearer, presigns: false },
        {
          name: 'http, a client for a user',
          endpoint: endpointOf(constant, root),
          bucket: fourth.bucket,
          ...delegate,
          presigns: false,
        },
        {
          name: 'http, session',
          endpoint: endpointOf(http, root),
          bucket: second.bucket,
          ...http.session(second.user),
          presigns: true,
        },
        {
          name: 'https, session',
          endpoint: endpointOf(https, root),
          bucket: third.bucket,
          ...https.session(third.user),
          ca: certFile,
          presigns: true,
        },
      ];
    },
    async stop() {
      for (const admin of Object.values(admins)) admin.destroy();
      await Promise.all([http, constant, https].map((proxy) => proxy.stop()));
      await Promise.all([gateway, yardstick].map((each) => each.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
