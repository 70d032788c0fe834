/** Starts client programs and collects what they say. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Target } from './targets.ts';

export const HOME = fileURLToPath(new URL('../../../.eyrie/s3-clients/bin/', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const run = (command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve({ code, out, err }));
  });

/** @throws Error with what the program wrote unless it ends well */
export const check = async (command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<string> => {
  const { code, out, err } = await run(command, args, env);
  if (code !== 0)
    throw new Error(
      `${command} ${args.join(' ').slice(0, 300)} ended with ${code}\n${out.slice(-2_000)}\n${err.slice(-2_000)}`,
    );
  return out;
};

/** The variables that all AWS clients read. */
export const awsEnv = (target: Target): NodeJS.ProcessEnv => ({
  AWS_ACCESS_KEY_ID: target.accessKeyId,
  AWS_SECRET_ACCESS_KEY: target.secretAccessKey,
  ...(target.sessionToken && { AWS_SESSION_TOKEN: target.sessionToken }),
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: target.endpoint,
  AWS_EC2_METADATA_DISABLED: 'true',
  ...(target.ca && { AWS_CA_BUNDLE: target.ca, SSL_CERT_FILE: target.ca }),
});

/** Python with the clients that have an environment of their own. */
export const SDKS = fileURLToPath(new URL('../../../.eyrie/s3-sdks/bin/python', import.meta.url));

/** Built by setup.sh from the folder go. */
export const MINIO_GO = fileURLToPath(new URL('../../../.eyrie/go/bin/minio-run', import.meta.url));

/** A remote `r:` that is the target; parts from 5 MiB, no retries. */
export const rcloneEnv = (target: Target): NodeJS.ProcessEnv => ({
  ...awsEnv(target),
  RCLONE_CONFIG: '/dev/null',
  RCLONE_CONFIG_R_TYPE: 's3',
  RCLONE_CONFIG_R_PROVIDER: 'Other',
  RCLONE_CONFIG_R_ENV_AUTH: 'true',
  RCLONE_CONFIG_R_ENDPOINT: target.endpoint,
  RCLONE_CONFIG_R_FORCE_PATH_STYLE: 'true',
  RCLONE_S3_CHUNK_SIZE: '5M',
  RCLONE_S3_UPLOAD_CUTOFF: '5M',
  RCLONE_RETRIES: '1',
  ...(target.ca && { RCLONE_CA_CERT: target.ca }),
});
