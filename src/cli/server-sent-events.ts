/** Server-sent events from a response's body. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Ends when the stream ends, also when it was cut off. */
export async function* parseEvents(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ServerSentEvent> {
  if (!body) return;
  let text = '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
      if (done || !value) return;
      // Over all of it: a chunk may end between CR and LF.
      text = (text + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n');
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      yield* blocks.flatMap(parseBlock);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** A block of comments only is none. */
const parseBlock = (block: string): ServerSentEvent[] => {
  const fields = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  if (fields.length === 0) return [];
  const valuesOf = (name: string): string[] =>
    fields.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
  return [{ event: valuesOf('event').at(-1) ?? 'message', data: valuesOf('data').join('\n') }];
};
