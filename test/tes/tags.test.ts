import { describe, expect, test } from 'vitest';
import { authzOf, isReservedTag, shownTags, tagsFor, taskResource } from '#tes/tags.ts';

const PLAIN = { nodeScheduling: false };

test.each([
  '_AUTHZ',
  '_authz',
  '_AuthZ',
  '_AUTHZ ',
  '_AU\u200bTHZ',
  '＿ＡＵＴＨＺ',
  '_worker_ſa',
  '_node_selector',
  '_TOLERATIONS',
  '_eyrie_request',
  '_funnel_worker_role_arn',
])('the tag %j is reserved', (name) => {
  expect(isReservedTag(name)).toBe(true);
  expect(() => tagsFor({ [name]: 'x' }, '7', 'r', PLAIN)).toThrow('reserved');
});

test.each(['AUTHZ', 'authz', '_AUTHZ2', '_GPU', 'tolerations'])('the tag %j is the caller’s', (name) => {
  expect(isReservedTag(name)).toBe(false);
  expect(tagsFor({ [name]: 'x' }, '7', 'r', PLAIN)).toHaveProperty(name, 'x');
});

test('a task carries whose it is, and its tags in order', () => {
  expect(Object.entries(tagsFor({ z: '1', a: '2' }, '7', 'request', PLAIN))).toEqual([
    ['_AUTHZ', '/services/workflow/gen3-workflow/tasks/7/TASK_ID_PLACEHOLDER'],
    ['_EYRIE_REQUEST', 'request'],
    ['a', '2'],
    ['z', '1'],
  ]);
});

test('two users never have the same mark, and none has a path into another one’s', () => {
  const users = ['7', '7/8', '7%2F8', '..', '.', '%2E.', 'TASK_ID_PLACEHOLDER', 'a.b'];
  expect(new Set(users.map(authzOf)).size).toBe(users.length);
  for (const user of users) expect(authzOf(user).split('/')).toHaveLength(7);
  expect(taskResource(authzOf('7'), 'id')).toBe('/services/workflow/gen3-workflow/tasks/7/id');
  expect(taskResource('/elsewhere/7/TASK_ID_PLACEHOLDER', 'id')).toBeUndefined();
  expect(taskResource(undefined, 'id')).toBeUndefined();
});

describe('scheduling', () => {
  const scheduled = (tags: Record<string, string>) => tagsFor(tags, '7', 'r', { nodeScheduling: true });

  test.each(['yes', 'Y', 'TRUE', 't', '1'])('_GPU %j chooses the GPU nodes', (value) => {
    for (const name of ['_GPU', '_gpu'])
      expect(scheduled({ [name]: value })).toMatchObject({
        _NODE_SELECTOR: 'role:gpu',
        _TOLERATIONS: 'Key:nvidia.com/gpu,Operator:Equal,Value:present,Effect:NoSchedule',
      });
  });

  test.each([{}, { _GPU: 'no' }, { _GPU: '' }])('%j does not', (tags) => {
    expect(scheduled(tags as Record<string, string>)).toMatchObject({
      _NODE_SELECTOR: 'role:workflow',
      _TOLERATIONS: 'Key:role,Operator:Equal,Value:workflow,Effect:NoSchedule',
    });
  });

  test('a pull policy is one of two, in either case of its name', () => {
    expect(scheduled({ _image_pull_policy: 'Always' })).toMatchObject({ _IMAGE_PULL_POLICY: 'Always' });
    expect(() => scheduled({ _IMAGE_PULL_POLICY: 'Never' })).toThrow('must be one of Always, IfNotPresent');
  });

  test('the workers of a user are named where a role is configured', () => {
    const workerOf = () => ({ roleArn: 'arn:aws:iam::111122223333:role/r', serviceAccount: 'sa' });
    expect(tagsFor({}, '7', 'r', { nodeScheduling: false, workerOf })).toMatchObject({
      _FUNNEL_WORKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/r',
      _WORKER_SA: 'sa',
    });
  });
});

test('a caller sees their own tags, and whose task it is by its id', () => {
  const tags = tagsFor({ mine: '1' }, '7', 'request', { nodeScheduling: true });
  expect(shownTags(tags, 'id-1')).toEqual({ _AUTHZ: '/services/workflow/gen3-workflow/tasks/7/id-1', mine: '1' });
});
