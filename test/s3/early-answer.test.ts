/** What an answer that comes before the end of a body waits for. */
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import type { ClientRequest, ClientResponse } from '#s3/http/client.ts';
import { answerEarly } from '#s3/http/early-answer.ts';

const answer = (change: object = {}, awaitsContinue = false) => {
  const req = Object.assign(new EventEmitter(), {
    ...{ complete: false, headers: { 'content-length': '5' }, socket: {}, pause() {}, resume() {}, ...change },
  });
  const said: string[] = [];
  const res = { writeHead: () => said.push('head'), write: () => said.push('text'), end: () => said.push('end') };
  answerEarly({
    req: req as unknown as ClientRequest,
    res: res as unknown as ClientResponse,
    ...{ status: 403, head: [], text: 'no', awaitsContinue },
  });
  return { req, said };
};

test('a body on its way is waited for', () => {
  const { req, said } = answer();
  expect(said).toEqual(['head', 'text']);
  req.emit('end');
  expect(said).toEqual(['head', 'text', 'end']);
});

test.each([
  ['a body that came with its head', { whole: Buffer.from('hello') }, false],
  ['a body that was not asked for', {}, true],
])('%s is not', (_name, change, awaitsContinue) => {
  expect(answer(change, awaitsContinue).said).toEqual(['head', 'text', 'end']);
});
