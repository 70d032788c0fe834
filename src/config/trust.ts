import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** From now on this process trusts what the CAs of this PEM file signed, besides what it trusts anyway. */
export const trust = (caFile: string): void =>
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(caFile, 'utf8')]);
