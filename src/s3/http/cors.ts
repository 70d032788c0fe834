/** Browsers of configured origins; off unless there are some. @see https://fetch.spec.whatwg.org/#http-cors-protocol */
import { S3Error } from '../errors.ts';
import type { S3Request } from './request.ts';

/** Of every answer. @param request undefined for one that could not be read */
export const corsHeaders = (origins: ReadonlySet<string>, request: S3Request | undefined): string[] => {
  const origin = request?.headers.get('origin');
  const vary = ['vary', 'Origin'];
  if (origin === undefined || !origins.has(origin)) return vary;
  const exposed = 'ETag, x-amz-request-id, x-amz-version-id';
  return [...vary, 'access-control-allow-origin', origin, 'access-control-expose-headers', exposed];
};

/** Of the answer to OPTIONS. @throws S3Error AccessForbidden */
export const preflightHeaders = (origins: ReadonlySet<string>, request: S3Request): string[] => {
  const origin = request.headers.get('origin');
  if (origin === undefined || !origins.has(origin)) throw new S3Error('AccessForbidden');
  return [
    'access-control-allow-methods',
    'GET, HEAD, PUT, POST, DELETE',
    'access-control-allow-headers',
    request.headers.get('access-control-request-headers') ?? '*',
    'access-control-max-age',
    '600',
  ];
};
