/** A real TES server behind the pass-through, driven by a real client. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { check } from './run.ts';

const STORY = fileURLToPath(new URL('./funnel/story.ts', import.meta.url));

test('Funnel runs the tasks of py-tes, its files through the S3 endpoint by sessions for the tasks alone', async () => {
  // Funnel listens on every interface, so it gets a network without any; and whatever the story leaves behind ends with it.
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespace = [...user, '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const inside = ['sh', '-c', 'ip link set lo up && exec timeout -k 5 120 "$@"', 'sh'];
  const out = await check('unshare', [...namespace, ...inside, process.execPath, STORY]);
  expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toEqual({
    service: 'Funnel',
    state: 'COMPLETE',
    exit: [0],
    tags: ['_AUTHZ', 'mine'],
    listed: true,
    cancelled: 'CANCELED',
    others: [],
    foreign: 404,
    stolen: 403,
    stored: 'SOME WORDS',
    reach: { input: 200, secret: 403, overwritten: 403, deleted: 403 },
  });
});
