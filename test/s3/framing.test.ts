/** What the headers of an upload say about its framing, in all combinations: planned, or refused because they disagree. */
import { describe, expect, test } from 'vitest';
import { S3Error } from '#s3/errors.ts';
import { planPayload } from '#s3/payload/modes.ts';

const SHA256 = 'a'.repeat(64);
const HASHES = [
  undefined,
  SHA256,
  'UNSIGNED-PAYLOAD',
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
];
const ENCODINGS = [
  undefined,
  '',
  'gzip',
  'aws-chunked',
  'AWS-Chunked',
  'gzip,aws-chunked',
  'aws-chunked, gzip',
  'gzip , aws-chunked ,br',
  'x-aws-chunked',
];
const DECODED = [undefined, '10', '100', '', 'x'];
const TRAILERS = [undefined, 'x-amz-checksum-crc32', 'x-amz-meta-a'];
const LENGTHS = ['100', undefined];

const CASES = HASHES.flatMap((hash) =>
  ENCODINGS.flatMap((encoding) =>
    DECODED.flatMap((decoded) =>
      TRAILERS.flatMap((trailer) => LENGTHS.map((length) => ({ hash, encoding, decoded, trailer, length }))),
    ),
  ),
);

function plan({ hash, encoding, decoded, trailer, length }: (typeof CASES)[number]): string {
  const headers = Object.entries({
    'x-amz-content-sha256': hash,
    'content-encoding': encoding,
    'x-amz-decoded-content-length': decoded,
    'x-amz-trailer': trailer,
    'content-length': length,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  try {
    const planned = planPayload({ headers: new Map(headers) }, { allowUndeclared: true });
    return `${planned.mode} ${planned.length}`;
  } catch (error) {
    return error instanceof S3Error ? error.code : String(error);
  }
}

const labels = (encoding: string | undefined): string[] =>
  (encoding ?? '').split(',').map((part) => part.trim().toLowerCase());

describe(`${CASES.length} combinations`, () => {
  const isPlain = ({ hash }: (typeof CASES)[number]) => !hash?.startsWith('STREAMING-');

  test('a plain body is planned only where nothing says that it has frames', () => {
    for (const one of CASES.filter(isPlain)) {
      const saysFrames =
        labels(one.encoding).includes('aws-chunked') ||
        (one.decoded !== undefined && one.decoded !== one.length) ||
        one.trailer !== undefined;
      const outcome = plan(one);
      if (saysFrames) expect([one, outcome]).toEqual([one, 'InvalidRequest']);
      else if (one.length === undefined) expect([one, outcome]).toEqual([one, 'MissingContentLength']);
      else expect([one, outcome]).toEqual([one, `${one.hash === SHA256 ? 'hash' : 'unsigned'} 100`]);
    }
  });

  test('a framed body is planned where its decoded length is given and its trailer fits', () => {
    for (const one of CASES.filter((candidate) => !isPlain(candidate))) {
      const isTrailed = one.hash?.endsWith('-TRAILER');
      const isSigned = one.hash?.includes('HMAC');
      const outcome = plan(one);
      const isSound =
        (one.decoded === '10' || one.decoded === '100') &&
        (one.trailer === 'x-amz-checksum-crc32' ? isTrailed : one.trailer === undefined && !(isSigned && isTrailed));
      expect([one, /^(un)?signed-\S+ 100?$/.test(outcome)]).toEqual([one, isSound]);
    }
  });
});
