/**
 * The frame parser against itself taken apart: every split gives the same payload, and a body that was changed in any
 * way either fails or still holds exactly what was signed. FUZZ_CASES sets how many changed bodies are tried.
 */
import { describe, expect, test } from 'vitest';
import { deriveSigningKey, scopeOf } from '#s3/auth/sigv4.ts';
import { S3Error } from '#s3/errors.ts';
import { FrameParser } from '#s3/payload/aws-chunked.ts';
import { ChunkChain } from '#s3/payload/chunk-signatures.ts';
import { crc32Of, signedFrames, unsignedFrames } from './support/frames.ts';
import { createRandom } from './support/random.ts';

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const CASES = Number(process.env.FUZZ_CASES ?? 20_000);

const AUTHORIZATION = `AWS4-HMAC-SHA256 Credential=key/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=${'ab'.repeat(32)}`;
const AMZ_DATE = '20261121T000000Z';
const KEY = deriveSigningKey('secret', '20261121', 'us-east-1');
const TRAILER = 'x-amz-checksum-crc32';

interface Kind {
  readonly name: string;
  readonly signed: boolean;
  readonly trailer: boolean;
}
const KINDS: Kind[] = [
  { name: 'unsigned with trailer', signed: false, trailer: true },
  { name: 'unsigned without', signed: false, trailer: false },
  { name: 'signed', signed: true, trailer: false },
  { name: 'signed with trailer', signed: true, trailer: true },
];

const build = ({ signed, trailer }: Kind, body: Buffer, chunk: number): Buffer => {
  const line = trailer ? { trailer: `${TRAILER}:${crc32Of(body)}` } : {};
  return signed
    ? signedFrames(body, { secret: 'secret', authorization: AUTHORIZATION, amzDate: AMZ_DATE, chunk, ...line })
    : unsignedFrames(body, { chunk, ...line });
};

interface Outcome {
  readonly data: Buffer;
  readonly ends: number;
  readonly trailer: string | undefined;
  readonly error: S3Error | undefined;
}

/** @throws whatever the parser throws that is no refusal */
const parse = (kind: Kind, pieces: readonly Buffer[], decodedLength: number): Outcome => {
  const data: Buffer[] = [];
  let ends = 0;
  let trailer: string | undefined;
  const chain = kind.signed
    ? new ChunkChain({ key: KEY, amzDate: AMZ_DATE, scope: scopeOf('20261121', 'us-east-1'), seed: 'ab'.repeat(32) })
    : undefined;
  const options = { signed: kind.signed, decodedLength, trailer: kind.trailer ? TRAILER : undefined };
  const parser = new FrameParser(options, {
    data: (piece) => {
      chain?.update(piece);
      data.push(Buffer.from(piece));
    },
    chunkEnd: (signature) => chain?.endChunk(signature as string),
    end: (value, signature) => {
      ends++;
      trailer = value;
      if (value !== undefined && signature !== undefined) chain?.endTrailer(TRAILER, value, signature);
    },
  });
  const outcome = (error?: S3Error): Outcome => ({ data: Buffer.concat(data), ends, trailer, error });
  try {
    for (const piece of pieces) parser.write(piece);
    parser.finish();
    return outcome();
  } catch (error) {
    if (error instanceof S3Error) return outcome(error);
    throw error;
  }
};

describe.each(KINDS)('$name', (kind) => {
  const body = Buffer.from(
    Array.from({ length: 8_192 + 40 }, (_, i) => (i % 7 === 0 ? [13, 10, 48, 59][i % 4] : i) as number),
  );

  test('every single split of every frame gives the same payload', () => {
    const frames = build(kind, body, 8_192);
    const interesting = frames.length;
    for (let at = 0; at <= interesting; at++) {
      if (at > 200 && at < frames.length - 400 && at % 97 !== 0) continue; // inside the payload all splits are alike
      const outcome = parse(kind, [frames.subarray(0, at), frames.subarray(at)], body.length);
      expect(outcome.error, `split at ${at}`).toBeUndefined();
      expect(outcome.data.equals(body) && outcome.ends === 1, `split at ${at}`).toBe(true);
    }
  });

  test('byte by byte as well', () => {
    const frames = build(kind, body, 8_192);
    const outcome = parse(
      kind,
      Array.from(frames, (_, i) => frames.subarray(i, i + 1)),
      body.length,
    );
    expect([outcome.error, outcome.data.equals(body), outcome.ends]).toEqual([undefined, true, 1]);
  });

  test('every cut is refused', () => {
    const frames = build(kind, body, 8_192);
    for (let at = 0; at < frames.length; at++) {
      if (at > 200 && at < frames.length - 400 && at % 97 !== 0) continue;
      expect(parse(kind, [frames.subarray(0, at)], body.length).error, `cut at ${at}`).toBeDefined();
    }
  });

  test(`changed at random: refused, or nothing of it changed (seed ${SEED}, ${CASES / KINDS.length} cases)`, {
    timeout: 1_200_000,
  }, () => {
    const random = createRandom(SEED);
    const originals = [0, 1, 5, 8_192, 8_193, 9_000].map((size) => {
      const payload = random.bytes(size);
      return { payload, frames: build(kind, payload, 8_192) };
    });
    let accepted = 0;
    for (let i = 0; i < CASES / KINDS.length; i++) {
      const { payload, frames } = originals[
        random.below(i % 4 === 0 ? originals.length : 3)
      ] as (typeof originals)[number];
      const changed = random.mutate(frames);
      const outcome = parse(kind, random.split(changed), payload.length);
      if (outcome.error) continue;
      accepted++;
      const where = `seed ${SEED}, case ${i}: ${changed.subarray(0, 300).toString('latin1')}`;
      expect(outcome.ends, where).toBe(1);
      expect(outcome.data.length, where).toBe(payload.length);
      // Without signatures the trailer is what tells a change, here as in the upload itself.
      const isProved = kind.signed || (kind.trailer && outcome.trailer === crc32Of(outcome.data));
      if (isProved && !(kind.trailer && outcome.trailer !== crc32Of(payload)))
        expect(outcome.data.equals(payload), where).toBe(true);
    }
    expect(accepted).toBeLessThan(CASES / KINDS.length);
  });
});
