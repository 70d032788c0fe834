/** Certificates by openssl: CAs, and what they sign. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of every certificate that is signed here. */
export const SERVER_NAME = 'temporal.internal';

export interface Certificates {
  /** Path of a PEM file: `ca.crt`, `client.key`. */
  readonly at: (name: string) => string;
  readonly makeCa: (name: string) => void;
  readonly makeCertificate: (name: string, ca: string) => void;
}

/** @param folder where they are put, and stay */
export const certificatesIn = (folder: string): Certificates => {
  const openssl = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  };
  const at = (name: string): string => join(folder, name);
  const newKey = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', `${name}.key`];
  return {
    at,
    makeCa: (name) => openssl('req', '-x509', '-days', '2', ...newKey(name), '-out', `${name}.crt`),
    makeCertificate(name, ca) {
      writeFileSync(at('names'), `subjectAltName=DNS:${SERVER_NAME}\n`);
      openssl('req', ...newKey(name), '-out', `${name}.csr`);
      const signed = ['-CA', `${ca}.crt`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-days', '2', '-extfile', 'names'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signed, '-out', `${name}.crt`);
    },
  };
};
