import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { PYTHON } from '../../../sandbox/processes/python.ts';
import { sandboxAccount } from '../../support/sandbox.ts';

const SCRIPT = fileURLToPath(new URL('boto3_client.py', import.meta.url));

test('boto3, which shares no code with the layer, is understood and understands', async (t) => {
  const { endpoint, id } = await sandboxAccount(t);
  const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, endpoint, id, `bucket-${id}`]);
  expect(JSON.parse(stdout)).toEqual({
    identity: id,
    wrongSecret: [403, 'SignatureDoesNotMatch'],
    read: 'content',
    head: 7,
    headAbsent: [404, '404'],
    presignedGet: [200, 'content'],
    presignedTampered: [403, 'SignatureDoesNotMatch'],
    presignedPut: 200,
    readPut: 'by url',
    user: `arn:aws:iam::${id}:user/anna`,
    userTwice: [409, 'EntityAlreadyExists'],
    queues: [],
    vpc: id,
    unknownOperation: [400, 'InvalidAction'],
  });
});
