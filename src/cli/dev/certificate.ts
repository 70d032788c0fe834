/** A certificate for this machine's loopback, signed by a CA made for the occasion. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Paths of PEM files. */
export interface Certificate {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('certificate.py', import.meta.url));

/** Node signs, but makes no certificates; the library that comes with the sandbox's Python does. */
export const makeCertificate = (folder: string): Certificate => {
  const { status, stderr, error } = spawnSync(join(ROOT, '.eyrie/python/bin/python'), [SCRIPT, folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the certificate could not be made: ${error?.message ?? stderr}`);
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
};
