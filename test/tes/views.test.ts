import { expect, test } from 'vitest';
import { viewOf } from '#tes/views.ts';

const TASK = {
  id: 't',
  state: 'COMPLETE',
  name: 'n',
  tags: { _NODE_SELECTOR: 'role:gpu', mine: '1' },
  inputs: [{ path: '/in', content: 'large' }],
  executors: [{ image: 'x', stdout: '/out', stderr: '/err' }],
  logs: [{ system_logs: ['large'], outputs: [], logs: [{ exit_code: 0, stdout: 'large', stderr: 'large' }] }],
};

test('MINIMAL is id and state', () => {
  expect(viewOf(TASK, 'MINIMAL')).toEqual({ id: 't', state: 'COMPLETE' });
});

test('BASIC leaves out what may be large, and no paths', () => {
  expect(viewOf(TASK, 'BASIC')).toEqual({
    ...TASK,
    tags: { mine: '1' },
    inputs: [{ path: '/in' }],
    logs: [{ outputs: [], logs: [{ exit_code: 0 }] }],
  });
});

test('FULL is all but the reserved tags', () => {
  expect(viewOf(TASK, 'FULL')).toEqual({ ...TASK, tags: { mine: '1' } });
});

test('what a server leaves out, or has in a form of its own, is let be', () => {
  const odd = { id: 't', inputs: null, logs: 'none', tags: null };
  expect(viewOf(odd, 'BASIC')).toEqual({ ...odd, tags: {} });
});
