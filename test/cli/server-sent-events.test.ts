import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvents } from '#cli/server-sent-events.ts';

const streamOf = (chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

const collect = async (chunks: readonly Uint8Array[]) => {
  const events = [];
  for await (const event of parseEvents(streamOf(chunks))) events.push(event);
  return events;
};

const TEXT =
  ': hello\n\nevent: workspace\ndata: {"user":"Zoë"}\n\n: keep-alive\n\ndata: a\ndata: b\r\n\r\nevent: end\ndata: {}\n\n';

const EVENTS = [
  { event: 'workspace', data: '{"user":"Zoë"}' },
  { event: 'message', data: 'a\nb' },
  { event: 'end', data: '{}' },
];

test('events are the same wherever the stream is cut into chunks', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 10 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((end, nth) => bytes.slice(at[nth], end));
      expect(await collect(chunks)).toEqual(EVENTS);
    }),
    { numRuns: 200 },
  );
});

test('an event that was cut off is none', async () => {
  expect(await collect([new TextEncoder().encode('event: end\ndata: {')])).toEqual([]);
});
