import { expect, test } from 'vitest';
import { type FileRules, grantsOf, reachOf } from '#tes/files.ts';
import { TesProblem } from '#tes/problem.ts';

const RULES: FileRules = {
  ownBucket: 'mine',
  publicBuckets: ['open-data'],
  names: { hosts: [], rootHosts: [], virtualHostSuffixes: [], bucketMark: 'gen3wf-' },
};
const EXECUTORS = [{ image: 'x' }];

const grants = (inputs: object[], outputs: object[] = []) =>
  grantsOf(reachOf({ executors: EXECUTORS, inputs, outputs } as never, RULES));

const refusalOf = (work: () => unknown): TesProblem => {
  try {
    work();
  } catch (error) {
    if (error instanceof TesProblem) return error;
  }
  throw new Error('it was not refused');
};

test('a session reads the inputs, and writes the outputs and looks at them', () => {
  expect(
    grants(
      [
        { url: 's3://mine/in.txt', path: '/in' },
        { url: 's3://mine/folder', path: '/folder', type: 'DIRECTORY' },
        { url: 's3://mine/sp%20ace', path: '/s' },
        { url: 's3://open-data/x', path: '/x' },
        { url: 'https://example.org/x', path: '/y' },
        { content: 'text', path: '/z' },
      ],
      [
        { url: 's3://mine/out.txt', path: '/out' },
        { url: 's3://mine/results', path: '/work/*.bam', path_prefix: '/work' },
      ],
    ),
  ).toEqual([
    { rights: ['read'], keys: ['in.txt', 'sp%20ace', 'sp ace'], prefixes: ['folder/'] },
    { rights: ['read', 'create'], keys: ['out.txt'], prefixes: ['results/'] },
  ]);
});

test('every file elsewhere on S3 is named in the refusal; a public bucket is not written', () => {
  const task = {
    executors: EXECUTORS,
    inputs: [{ url: 's3://mine/a' }, { url: 's3://other/a' }, { url: 'https://other.s3.amazonaws.com/a' }],
    outputs: [{ url: 's3://open-data/a' }, { url: 's3://mine/../other/a' }],
  };
  const { code, extras } = refusalOf(() => reachOf(task, RULES));
  expect(code).toBe('Denied');
  expect(extras.errors?.map(({ pointer }) => pointer)).toEqual([
    '/inputs/1/url',
    '/inputs/2/url',
    '/outputs/0/url',
    '/outputs/1/url',
  ]);
});

test('a user without a bucket has no files on S3', () => {
  const task = { executors: EXECUTORS, inputs: [{ url: 's3://mine/a' }] };
  expect(refusalOf(() => reachOf(task, { ...RULES, ownBucket: undefined })).code).toBe('Denied');
});

test('too many files for a session make way for their directories, never for the whole bucket', () => {
  const many = (of: (at: number) => string) =>
    Array.from({ length: 2_000 }, (_none, at) => ({ url: `s3://mine/${of(at)}`, path: `/${at}` }));
  expect(grants(many((at) => `work/${at % 3}/a-file-with-a-long-name-${at}`))).toEqual([
    { rights: ['read'], keys: [], prefixes: ['work/0/', 'work/1/', 'work/2/'] },
  ]);
  expect(grants(many((at) => `work/a-directory-with-a-long-name-${at}/file`))).toEqual([
    { rights: ['read'], keys: [], prefixes: ['work/'] },
  ]);
  expect(refusalOf(() => grants(many((at) => `a-file-at-the-top-${at}`))).extras.status).toBe(400);
});
