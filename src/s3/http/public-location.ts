/** Where a client finds what it has addressed: answers name this, not the store's own address. */
import type { S3Request } from './request.ts';

/** @param trustForwarded a proxy of ours says under which name the client knows this endpoint */
export const publicLocation = ({ headers, path, secure }: S3Request, trustForwarded: boolean): string => {
  const forwarded = trustForwarded ? headers.get('x-forwarded-host')?.split(',')[0]?.trim() : undefined;
  return `${secure ? 'https' : 'http'}://${forwarded || headers.get('host')}${path}`;
};
