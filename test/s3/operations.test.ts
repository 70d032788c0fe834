/** Every operation of S3's model is known by its name: the offered ones are carried out, the others refused under it. */
import { describe, expect, test } from 'vitest';
import { parseRequest, type S3Request } from '#s3/http/request.ts';
import { checkOperation, findOperation, OPERATIONS, takesParameter } from '#s3/operations.ts';
import { MODEL, type ModelOperation } from './support/s3-model.ts';

const requestOf = ({ name, method, on, marker }: ModelOperation, query = ''): S3Request => {
  const path = { service: '/', bucket: '/a-bucket', object: '/a-bucket/key' }[on];
  const parameters = [marker, query].filter((part) => part !== undefined && part !== '').join('&');
  const copies = name.endsWith('Copy') || name === 'CopyObject';
  return parseRequest(
    {
      method,
      target: parameters === '' ? path : `${path}?${parameters}`,
      rawHeaders: ['host', 'localhost', ...(copies ? ['x-amz-copy-source', '/a/b'] : [])],
      secure: false,
    },
    { prefix: '', virtualHostSuffixes: [] },
  );
};

/** By method, resource and marker they are the other one. */
const SAME_AS: Readonly<Record<string, string>> = {
  ListBucketAnalyticsConfigurations: 'GetBucketAnalyticsConfiguration',
  ListBucketIntelligentTieringConfigurations: 'GetBucketIntelligentTieringConfiguration',
  ListBucketInventoryConfigurations: 'GetBucketInventoryConfiguration',
  ListBucketMetricsConfigurations: 'GetBucketMetricsConfiguration',
  ListDirectoryBuckets: 'ListBuckets',
  ListObjectAnnotations: 'GetObjectAnnotation',
};

test('the model is read', () => {
  expect(MODEL.length).toBeGreaterThan(95);
  const put = MODEL.find(({ name }) => name === 'PutObject');
  expect(put).toMatchObject({ method: 'PUT', on: 'object', marker: undefined });
  expect(put?.headers).toContain('x-amz-write-offset-bytes');
});

describe.each(MODEL)('$name', (operation) => {
  test('is found under its name', () => {
    expect(findOperation(requestOf(operation))?.name).toBe(SAME_AS[operation.name] ?? operation.name);
  });

  test('takes its parameters where it is offered, else it is not implemented', () => {
    const request = requestOf(operation);
    const found = findOperation(request);
    if (found?.answer === 'unoffered') {
      expect(() => checkOperation(request, found)).toThrow(expect.objectContaining({ code: 'NotImplemented' }));
      return;
    }
    const row = checkOperation(request, found);
    const missing = operation.query.filter((name) => !takesParameter(row, name));
    expect(missing).toEqual(operation.name === 'ListDirectoryBuckets' ? ['max-directory-buckets'] : []);
  });

  test('ignores what it does not know', () => {
    const request = requestOf(operation, 'callers-own=1&callers-own=2&colour=x&utm_source=mail&x-id=Whatever');
    const found = findOperation(request);
    expect(found).toBe(findOperation(requestOf(operation)));
    if (found?.answer === 'unoffered') return;
    const row = checkOperation(request, found);
    expect(request.query.map(([name]) => name).filter((name) => takesParameter(row, name))).toEqual(
      operation.marker === undefined ? [] : [operation.marker],
    );
  });
});

test('what is offered is in the model', () => {
  const names = new Set(MODEL.map(({ name }) => name));
  expect(OPERATIONS.filter(({ name }) => !names.has(name))).toEqual([]);
});

describe('a parameter that says which version or part is meant', () => {
  const objects = OPERATIONS.filter(({ on }) => on === 'object');
  test.each(objects)('$name takes it or refuses it', ({ name, parameters }) => {
    const operation = MODEL.find((candidate) => candidate.name === name) as ModelOperation;
    for (const parameter of ['versionId', 'partNumber']) {
      const request = requestOf(operation, `${parameter}=1`);
      const check = () => checkOperation(request, findOperation(request));
      if (parameters.includes(parameter)) expect(check).not.toThrow();
      else expect(check).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    }
  });
});
