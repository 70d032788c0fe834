/** Where data lies: what S3 URLs, mount points and the work directory of the options say. */
import type { ComputeConfig } from './config.ts';

export interface BucketPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty: all of the bucket. */
  readonly prefix: string;
}

/** Undefined where the text is no `s3://bucket[/path]`. */
export const parseS3Url = (url: string): BucketPlace | undefined => {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(\/.*)?$/.exec(url) ?? [];
  return bucket === undefined ? undefined : { bucket, prefix: path.replace(/^\/+|\/+$/g, '') };
};

/**
 * What jobs may use: what `allowBuckets` says, and the bucket of the work directory, all of it, as Tower Forge grants it.
 * Once each; what lies within another one is left out.
 */
export const allowedPlaces = ({ workDir, forge }: Pick<ComputeConfig, 'workDir' | 'forge'>): BucketPlace[] => {
  const work = parseS3Url(workDir);
  const places = forge.allowBuckets.flatMap((url) => parseS3Url(url) ?? []);
  const all = [...places, ...(work ? [{ bucket: work.bucket, prefix: '' }] : [])];
  return all.filter(
    (place, index) => !all.some((other, at) => covers(other, place) && (!covers(place, other) || at < index)),
  );
};

const covers = (outer: BucketPlace, inner: BucketPlace): boolean =>
  outer.bucket === inner.bucket &&
  (outer.prefix === '' || outer.prefix === inner.prefix || inner.prefix.startsWith(`${outer.prefix}/`));

/** Each bucket once. */
export const bucketsOf = (config: Pick<ComputeConfig, 'workDir' | 'forge'>): string[] => [
  ...new Set(allowedPlaces(config).map(({ bucket }) => bucket)),
];

/** A file system that instances mount. */
export interface Mount {
  /** EFS: id of one that is there. Lustre: its DNS name. Null: made with the environment. */
  readonly existing: string | null;
  /** Absolute. */
  readonly path: string;
}

const EFS_PATH = '/mnt/efs';
const LUSTRE_PATH = '/mnt/fsx';

/** Null: none is asked for. */
export const efsMountOf = ({ forge, workDir }: Pick<ComputeConfig, 'workDir' | 'forge'>): Mount | null =>
  forge.efsCreate || forge.efsId !== null
    ? { existing: forge.efsId, path: forge.efsMount ?? pathOr(workDir, EFS_PATH) }
    : null;

export const lustreMountOf = ({ forge, workDir }: Pick<ComputeConfig, 'workDir' | 'forge'>): Mount | null =>
  forge.fsxSize !== null || forge.fsxName !== null
    ? { existing: forge.fsxName, path: forge.fsxMount ?? pathOr(workDir, LUSTRE_PATH) }
    : null;

/** Without a mount point of its own a file system is mounted where the work directory lies, unless that is in S3. */
const pathOr = (workDir: string, path: string): string => (workDir.startsWith('/') ? workDir : path);
