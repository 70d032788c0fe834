import { expect, test } from 'vitest';
import { parseEvents, type ServerSentEvent } from '#cli/server-sent-events.ts';
import type { WorkspaceView } from '#domain/workspace/view.ts';
import { apiRig, ENVIRONMENT, idOf, TOKENS, viewOf } from './rig.ts';

const open = (rig: ReturnType<typeof apiRig>) =>
  rig.app.request(`/v1/workspaces/${idOf('alice')}/events`, { headers: { authorization: `Bearer ${TOKENS.alice}` } });

const collect = async (answer: Response): Promise<ServerSentEvent[]> => {
  const events: ServerSentEvent[] = [];
  for await (const event of parseEvents(answer.body)) events.push(event);
  return events;
};

test('an idle workspace: once, then the end', async () => {
  const rig = apiRig();
  await rig.launched('alice');
  const answer = await open(rig);
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = await collect(answer);
  expect(events.map(({ event }) => event)).toEqual(['workspace', 'end']);
  const shown = await rig.call('alice', 'GET', `/v1/workspaces/${idOf('alice')}`);
  expect(JSON.parse(events[0]?.data ?? '')).toEqual(shown.body);
});

test('the workspace at once and on each change, not on each look, until the operation has ended', async () => {
  const rig = apiRig();
  const view = viewOf(await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' }));
  let looks = 0;
  rig.workflows.afterDescribe = () => {
    looks += 1;
    if (looks === 10) rig.workflows.change(ENVIRONMENT, 'alice', { view: { ...view, region: 'changed' } });
    if (looks === 20) void rig.finish('alice');
  };
  const events = await collect(await open(rig));
  expect(events.map(({ event }) => event)).toEqual(['workspace', 'workspace', 'workspace', 'end']);
  const views = events.slice(0, 3).map(({ data }) => JSON.parse(data) as WorkspaceView);
  expect(views.map(({ phase, region }) => [phase, region])).toEqual([
    ['launching', 'us-east-1'],
    ['launching', 'changed'],
    ['running', 'us-east-1'],
  ]);
});

test('a reader that goes away ends the looking', async () => {
  const rig = apiRig();
  await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' });
  const answer = await open(rig);
  const reader = answer.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  // What is under way may end; then no further look comes.
  let looks = 0;
  await new Promise<void>((resolve) => {
    let last = -1;
    rig.workflows.afterDescribe = () => {
      looks += 1;
    };
    const timer = setInterval(() => {
      if (looks === last) {
        clearInterval(timer);
        resolve();
      }
      last = looks;
    }, 100);
  });
  expect(looks).toBeLessThan(100);
});

test('a process that stops ends the stream without `end`, and asks its reader to connect again', async () => {
  const stopping = new AbortController();
  const rig = apiRig({ ending: stopping.signal });
  await rig.call('alice', 'POST', '/v1/workspaces', { profile: 'nextflow' });
  const answer = await open(rig);
  let looks = 0;
  rig.workflows.afterDescribe = () => {
    looks += 1;
    if (looks === 3) stopping.abort();
  };
  const text = await answer.text();
  expect(text).toMatch(/^event: workspace\n/);
  expect(text).toMatch(/\n\nretry: 500\n\n$/);
  expect(text).not.toContain('event: end');
});
