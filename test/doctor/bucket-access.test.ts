import { describe, expect, test } from 'vitest';
import { checkBucketAccess } from '#doctor/bucket-access.ts';
import { type FailureCode, fail } from '#domain/core/failures.ts';

/** A bucket that answers each call so; undefined: as S3 does where all is allowed. */
const bucketThat = (answers: Readonly<Record<string, readonly [FailureCode, string]>>) => {
  const allowed: Readonly<Record<string, readonly [FailureCode, string] | undefined>> = {
    GetObjectCommand: ['NotFound', 'NoSuchKey'],
    PutObjectCommand: ['AlreadyExists', 'PreconditionFailed'],
  };
  const sent: { readonly name: string; readonly input: object }[] = [];
  const send = async (command: { readonly input: object }) => {
    const { name } = command.constructor;
    sent.push({ name, input: command.input });
    const [code, awsCode] = answers[name] ?? allowed[name] ?? [];
    if (code) throw fail(code, `${awsCode} it says`, { awsCode: awsCode ?? '' });
    return {};
  };
  return { aws: { s3: () => ({ send }) } as never, sent };
};

const HOME = { accountId: '123456789012' } as never;
const verdictsOf = async (answers: Parameters<typeof bucketThat>[0]) => {
  const { aws, sent } = bucketThat(answers);
  const findings = await checkBucketAccess(aws, HOME, { controlBucket: 'control' });
  return { sent, verdicts: Object.fromEntries(findings.map(({ check, verdict }) => [check.slice(16), verdict])) };
};

const WELL = { list: 'ok', read: 'ok', write: 'ok', delete: 'ok' };

test('whoever may do all is told so, and nothing is written or taken', async () => {
  const { sent, verdicts } = await verdictsOf({});
  expect(verdicts).toEqual(WELL);
  expect(sent.find(({ name }) => name === 'PutObjectCommand')?.input).toMatchObject({ IfMatch: expect.any(String) });
  const keys = sent.map(({ input }) => ('Key' in input ? String(input.Key) : ''));
  expect(keys.filter((key) => key !== '' && !key.startsWith('intents/eyrie-doctor/'))).toEqual([]);
});

test('a store that finds nothing to write over says so in another way', async () => {
  const { verdicts } = await verdictsOf({ PutObjectCommand: ['NotFound', 'NoSuchKey'] });
  expect(verdicts).toEqual(WELL);
});

describe('what is denied is to be mended, and nothing else is', () => {
  test.each([
    ['list', 'ListObjectsV2Command'],
    ['read', 'GetObjectCommand'],
    ['write', 'PutObjectCommand'],
    ['delete', 'DeleteObjectCommand'],
  ])('%s', async (what, command) => {
    const denied = await verdictsOf({ [command]: ['Denied', 'AccessDenied'] });
    expect(denied.verdicts).toEqual({ ...WELL, [what]: 'problem' });
    const away = await verdictsOf({ [command]: ['Unavailable', 'TimeoutError'] });
    expect(away.verdicts).toEqual({ ...WELL, [what]: 'unknown' });
  });
});
