/**
 * A copy for whatever outlives its request. V8 makes a part of a text, or a text put together of others, without copying,
 * and keeps the others alive for it: a name that is remembered would keep the 64 KiB of the head in which it came.
 * @param text well-formed; half a surrogate pair would become U+FFFD
 */
export const keptText = (text: string): string => Buffer.from(text).toString();
