import { expect, test } from 'vitest';
import { trustedServices } from '#activities/compute/trust.ts';

const ECS = 'ecs-tasks.amazonaws.com';
const policy = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
const allow = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: ECS } };

test.for<[string, string, readonly string[]]>([
  ['one service', policy(allow), [ECS]],
  ['several', policy({ ...allow, Principal: { Service: ['ec2.amazonaws.com', ECS] } }), ['ec2.amazonaws.com', ECS]],
  ['a statement that stands alone', JSON.stringify({ Statement: allow }), [ECS]],
  ['several actions', policy({ ...allow, Action: ['sts:TagSession', 'sts:AssumeRole'] }), [ECS]],
  ['an action that is none', policy({ ...allow, Action: 'sts:TagSession' }), []],
  ['a denial', policy({ ...allow, Effect: 'Deny' }), []],
  ['an account', policy({ ...allow, Principal: { AWS: '111122223333' } }), []],
  ['everybody', policy({ ...allow, Principal: '*' }), []],
  ['nothing', '{}', []],
  ['no policy', 'hello', []],
])('%s', ([, document, services]) => {
  expect(trustedServices(document)).toEqual(services);
});
