/** What stands at the end of an upload goes up as a checksum or not at all: its length was announced before it came. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isChecksum } from '#s3/payload/checksums.ts';
import { SingleFrame } from '#s3/payload/single-frame.ts';
import { s3 } from '../support/http.ts';
import { bucketOf, startProxy, type TestProxy } from '../support/proxy.ts';
import { type ScriptedUpstream, scriptedUpstream } from '../support/scripted.ts';

let upstream: ScriptedUpstream;
let proxy: TestProxy;
beforeAll(async () => {
  upstream = await scriptedUpstream((_req, res) => res.end());
  proxy = await startProxy({ upstream: upstream.upstream });
});
afterAll(async () => {
  await proxy?.stop();
  await upstream?.stop();
});

/** An upload of three bytes with this trailer, of an algorithm that is not computed here. */
const upload = (trailer: string) =>
  s3({
    endpoint: proxy.endpoint,
    credentials: proxy.session('u'),
    method: 'PUT',
    path: `/${bucketOf('u')}/k`,
    hash: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    headers: { 'x-amz-decoded-content-length': '3', 'x-amz-trailer': 'x-amz-checksum-xxhash3' },
    body: Buffer.from(`3\r\nabc\r\n0\r\nx-amz-checksum-xxhash3:${trailer}\r\n\r\n`, 'latin1'),
  });

test.each(['\u00e9'.repeat(12), 'AAAAAAAAAAA\u00e9', 'AAAA AAAAAA=', 'AAAAAAAAAAB=', '============', 'AAAAAAAAAAA'])(
  'a trailer that is no checksum is refused: %j',
  async (trailer) => {
    const answer = await upload(trailer);
    expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
    expect(upstream.seen.filter(({ complete }) => complete)).toEqual([]);
  },
);

test('whatever is a checksum makes a frame of the announced length', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000),
      fc.string({ unit: 'binary', maxLength: 16 }),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (length, text, sum) => {
        const frame = new SingleFrame(length, 'x-amz-checksum-xxhash3');
        for (const value of [text, Buffer.from(sum).toString('base64')]) {
          if (isChecksum('xxhash3', value)) {
            expect(frame.head.length + length + frame.tail(value).length).toBe(frame.contentLength);
          } else expect(() => frame.tail(value)).toThrow();
        }
      },
    ),
  );
});

test('control: a checksum goes up', async () => {
  expect((await upload('AAAAAAAAAAA=')).status).toBe(200);
  expect(upstream.seen.at(-1)?.body.toString()).toBe('3\r\nabc\r\n0\r\nx-amz-checksum-xxhash3:AAAAAAAAAAA=\r\n\r\n');
});
