/**
 * Pages of a list: `Marker` of the request, `NextMarker` of the answer.
 * @see https://docs.aws.amazon.com/efs/latest/ug/API_DescribeFileSystems.html
 */
import type { Call } from '../../core/call.ts';
import { textOf } from '../../core/params.ts';
import { badRequest } from './state.ts';

const PAGE_MAX = 100;

export const pageOf = <T>(all: readonly T[], { params }: Call): { page: T[]; Marker?: string; NextMarker?: string } => {
  const size = Math.min(Number(params.MaxItems ?? PAGE_MAX), PAGE_MAX);
  const marker = textOf(params, 'Marker');
  const start = marker ? Number(Buffer.from(marker, 'base64url').toString()) : 0;
  if (!(size >= 1) || !Number.isInteger(start)) throw badRequest('MaxItems or Marker is not valid.');
  const end = start + size;
  return {
    page: all.slice(start, end),
    ...(marker && { Marker: marker }),
    ...(end < all.length && { NextMarker: Buffer.from(`${end}`).toString('base64url') }),
  };
};
