/** A presigned URL carries in its query string what other requests have as headers. */

import { encodePart, parseQuery, type RawRequest } from '../wire/request.ts';
import type { Signer } from './verify.ts';

const AUTHENTICATION = /^x-amz-(algorithm|credential|date|expires|signedheaders|signature|security-token)$/;

/** S3 takes any `x-amz-…` parameter for the header of that name; the parameters of the signature have done their work. */
export const unfoldPresigned = (request: RawRequest, { claim }: Signer): RawRequest => {
  if (!claim.presigned) return request;
  const headers = { ...request.headers };
  const rest: string[] = [];
  for (const [name, value] of parseQuery(request.query)) {
    const lower = name.toLowerCase();
    if (AUTHENTICATION.test(lower)) continue;
    if (claim.service === 's3' && lower.startsWith('x-amz-')) headers[lower] = value;
    else rest.push(`${encodePart(name)}=${encodePart(value)}`);
  }
  return { ...request, headers, query: rest.join('&') };
};
