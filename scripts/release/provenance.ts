/**
 * What was made from what: an in-toto statement with SLSA's provenance. It is not signed here: whoever publishes signs it.
 * @see https://slsa.dev/spec/v1.0/provenance
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Release } from './check.ts';
import type { Bases } from './image.ts';
import { ROOT } from './run.ts';

export const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

export interface Made {
  readonly release: Release;
  readonly folder: string;
  /** Names of the files in it. */
  readonly files: readonly string[];
  readonly bases: Bases | undefined;
  readonly startedAt: Date;
}

const imageOf = (reference: string) => {
  const [name = '', digest = ''] = reference.split('@sha256:');
  return { uri: `docker://${name}`, digest: { sha256: digest } };
};

export const renderProvenance = ({ release, folder, files, bases, startedAt }: Made): string => {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: files.map((name) => ({ name, digest: { sha256: sha256(join(folder, name)) } })),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:eyrie:scripts:release:v1',
        externalParameters: { version: release.version, ...bases },
        resolvedDependencies: [
          { uri: 'git:HEAD', digest: { gitCommit: release.revision } },
          { uri: 'file:package-lock.json', digest: { sha256: sha256(join(ROOT, 'package-lock.json')) } },
          ...(bases ? [imageOf(bases.build), imageOf(bases.base)] : []),
        ],
      },
      runDetails: {
        builder: { id: 'urn:eyrie:scripts:release' },
        metadata: { startedOn: startedAt.toISOString(), finishedOn: new Date().toISOString() },
      },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
};
