import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { locate, type S3Names } from '#tes/locations.ts';

const NAMES: S3Names = {
  hosts: ['commons.example.org', '127.0.0.1:8080'],
  rootHosts: ['s3.commons.example.org', '127.0.0.1:9000'],
  virtualHostSuffixes: ['buckets.example.org'],
  bucketMark: 'gen3wf-',
};

/** Every way to write an object of a bucket that is understood. */
const spellings = (bucket: string, key: string): readonly string[] => [
  `s3://${bucket}/${key}`,
  `S3://${bucket}/${key}`,
  `s3a://${bucket}/${key}`,
  `s3n://${bucket}/${key}`,
  `arn:aws:s3:::${bucket}/${key}`,
  `https://${bucket}.s3.amazonaws.com/${key}`,
  `https://${bucket}.S3.us-east-1.amazonaws.com/${key}`,
  `https://${bucket}.s3.us-east-1.amazonaws.com./${key}`,
  `http://${bucket}.s3-us-west-2.amazonaws.com:80/${key}`,
  `https://${bucket}.s3.dualstack.us-east-1.amazonaws.com/${key}`,
  `https://${bucket}.s3-accelerate.amazonaws.com/${key}`,
  `https://${bucket}.s3.cn-north-1.amazonaws.com.cn/${key}`,
  `https://s3.amazonaws.com/${bucket}/${key}`,
  `https://s3.us-east-1.amazonaws.com/${bucket}/${key}?versionId=1`,
  `https://user:pass@s3-us-west-2.amazonaws.com/${bucket}/${key}`,
  `//s3.amazonaws.com/${bucket}/${key}`,
  `https://commons.example.org/s3/${bucket}/${key}`,
  `https://commons.example.org/workflows/s3/${bucket}/${key}`,
  `http://127.0.0.1:8080/s3/${bucket}/${key}`,
  `http://127.0.0.1:9000/${bucket}/${key}`,
  `https://s3.commons.example.org/${bucket}/${key}`,
  `https://${bucket}.buckets.example.org/${key}`,
];

test.each(spellings('gen3wf-localhost-7', 'a/b.txt'))('%s is an object', (url) => {
  expect(locate(url, NAMES)).toEqual({ bucket: 'gen3wf-localhost-7', keys: ['a/b.txt'] });
});

describe('what two readers could take for two objects, or what can not be read, is unclear', () => {
  test.each([
    's3:bucket/key',
    's3:///key',
    's3://',
    's3://a/../b/key',
    's3://mine/%2e%2e/other/key',
    's3://mine/%252e%252e/other/key',
    's3://mine/a/./b',
    's3://mine%2Fother/key',
    's3://%6dine/key',
    's3://s3://mine/key',
    's3://127.0.0.1:9000/mine/key',
    ' s3://mine/key',
    's3://mi\tne/key',
    's3://mine/key\n',
    's3gov://mine/key',
    'arn:aws:s3:us-east-1:111122223333:accesspoint/mine/object/key',
    'arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/mine',
    'https://s3.amazonaws.com/mine/../other/key',
    'https://s3.amazonaws.com/mine/%2e%2e/key',
    'https://s3.amazonaws.com\\mine/key',
    'https://s3.amazonaws.com/mi%2Fne/key',
    'https://s3.amazonaws.com/',
    'https://mine--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/key',
    'mine.s3.amazonaws.com/key',
    'https://other-name.example.net/s3/gen3wf-localhost-8/key',
    'https://other-name.example.net/s3/%67en3wf-localhost-8/key',
    'https://other-name.example.net/s3/%2567en3wf-localhost-8/key',
    'https://gen3wf-localhost-8.minio.example.net/key',
  ])('%s', (url) => {
    expect(locate(url, NAMES)).toBe('unclear');
  });
});

test.each([
  '/path/in/a/file',
  'file:///data/in',
  'gs://mine/key',
  'ftp://host/s3/key',
  'https://data.example.net/s3/files/x.gz',
  'https://commons.example.org/user/data',
  'https://ec2.us-east-1.amazonaws.com/x',
  'drs://commons.example.org/1234',
])('%s is elsewhere', (url) => {
  expect(locate(url, NAMES)).toBe('elsewhere');
});

/** Each character as it is, or percent-encoded in either case. */
const encodings = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(...[...text].map((char) => fc.constantFrom(char, `%${char.charCodeAt(0).toString(16)}`)))
    .map((all) => all.join(''));

test('no encoding of the bucket of another user passes for one’s own, or for something that is not S3', () => {
  const other = 'gen3wf-localhost-8';
  fc.assert(
    fc.property(encodings(other), fc.nat({ max: spellings('', '').length - 1 }), (bucket, which) => {
      const found = locate(spellings(bucket, 'key')[which] as string, NAMES);
      expect(found === 'unclear' || (typeof found === 'object' && found.bucket === other)).toBe(true);
    }),
    { numRuns: 500 },
  );
});
