/** Which bucket a request addresses by its host name, and the same request in path style. */
import type { RawRequest } from './request.ts';

const S3_HOSTS = [
  /^(?<bucket>.+?)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/,
  /^(?<bucket>.+?)\.s3(?:[.-][a-z0-9-]+)?\.localhost$/,
  /^(?!s3[.-]?)(?<bucket>.+?)\.localhost$/,
];

const bucketOfHost = (host: string): string | undefined => {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return S3_HOSTS.map((pattern) => pattern.exec(name)?.groups?.bucket).find((bucket) => bucket !== undefined);
};

/** Virtual-hosted requests come back with the bucket as first part of the path; others unchanged. */
export const toPathStyle = (request: RawRequest): RawRequest => {
  const bucket = bucketOfHost(request.headers.host ?? '');
  return bucket ? { ...request, path: `/${bucket}${request.path}` } : request;
};
