import { describe, expect, test } from 'vitest';
import { allowedPlaces, efsMountOf, lustreMountOf, parseS3Url } from '#domain/compute/places.ts';
import { planCompute } from '#domain/compute/plan.ts';
import { aCompute } from '../compute-input.ts';
import { mayHappen } from '../iam.ts';

const allowed = (workDir: string, ...allowBuckets: string[]) =>
  allowedPlaces(aCompute({ config: { workDir }, forge: { allowBuckets } }).config).map(
    ({ bucket, prefix }) => `${bucket}:${prefix}`,
  );

test.each([
  ['s3://lab', { bucket: 'lab', prefix: '' }],
  ['s3://lab/', { bucket: 'lab', prefix: '' }],
  ['s3://lab/a/b/', { bucket: 'lab', prefix: 'a/b' }],
  ['/mnt/efs', undefined],
  ['s3://', undefined],
  ['s3://Lab/x', undefined],
])('%s', (url, place) => {
  expect(parseS3Url(url)).toEqual(place);
});

test('what lies within another place is left out, and only that', () => {
  expect(allowed('s3://scratch/x')).toEqual(['scratch:']);
  expect(allowed('s3://scratch', 's3://scratch/a', 's3://data/a')).toEqual(['data:a', 'scratch:']);
  expect(allowed('/mnt/efs', 's3://data/a/b', 's3://data/a', 's3://data/a')).toEqual(['data:a']);
  expect(allowed('/mnt/efs', 's3://data/a', 's3://data/ab')).toEqual(['data:a', 'data:ab']);
});

test('file systems are mounted where they are told, else where the work directory is', () => {
  const { config } = aCompute({
    config: { workDir: '/data/w' },
    forge: { efsCreate: true, fsxSize: 1200, fsxMount: '/fast' },
  });
  expect(efsMountOf(config)).toEqual({ existing: null, path: '/data/w' });
  expect(lustreMountOf(config)).toEqual({ existing: null, path: '/fast' });
  expect(efsMountOf(aCompute({ forge: { efsId: 'fs-1' } }).config)).toEqual({ existing: 'fs-1', path: '/mnt/efs' });
  expect(efsMountOf(aCompute().config)).toBeNull();
});

describe('the role of instances', () => {
  const input = aCompute({ forge: { allowBuckets: ['s3://data/in'] } });
  const { inline = {} } = planCompute(input, '')['instance-role']?.role ?? {};
  const policies = Object.values(inline).map((text) => JSON.parse(text) as unknown);
  const principal = 'arn:aws:iam::123456789012:role/x';
  const lists = (bucket: string, prefix: string) =>
    mayHappen(policies, {
      principal,
      action: 's3:ListBucket',
      resource: `arn:aws:s3:::${bucket}`,
      context: { 's3:prefix': prefix },
    });

  test.each([
    [true, 's3:PutObject', 'arn:aws:s3:::scratch/anywhere'],
    [true, 's3:GetObject', 'arn:aws:s3:::data/in/x'],
    [false, 's3:GetObject', 'arn:aws:s3:::data/inside'],
    [false, 's3:GetObject', 'arn:aws:s3:::other/x'],
    [false, 's3:DeleteBucket', 'arn:aws:s3:::scratch'],
    [true, 'batch:SubmitJob', `arn:aws:batch:us-east-1:123456789012:job-queue/TowerForge-${input.forgeId}-work`],
    [false, 'batch:SubmitJob', 'arn:aws:batch:us-east-1:123456789012:job-queue/TowerForge-other'],
    [true, 'secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:tower-1'],
    [false, 'secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:other'],
  ])('%s: %s on %s', async (may, action, resource) => {
    expect(await mayHappen(policies, { principal, action, resource })).toBe(may);
  });

  test('lists its part of a bucket, with and without the slash, and no other part', async () => {
    expect(await lists('scratch', 'anything')).toBe(true);
    expect(await lists('data', 'in')).toBe(true);
    expect(await lists('data', 'in/x')).toBe(true);
    expect(await lists('data', 'inside')).toBe(false);
    expect(await lists('data', '')).toBe(false);
  });
});
