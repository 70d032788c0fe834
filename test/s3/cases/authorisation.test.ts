/** Z: who may touch what. A refused request must not have reached the upstream. */
import { createHash, randomBytes } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type S3Call, s3 } from '../support/http.ts';
import { bucketOf, startProxy } from '../support/proxy.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { scriptedUpstream } from '../support/scripted.ts';
import { token } from '../support/tokens.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  for (const key of ['own', 'scope/one', 'scope/two', 'outside'])
    expect((await rig.put(key, `own ${key}`)).status).toBe(200);
  await rig.strict.client.send(new PutObjectCommand({ Bucket: rig.foreign.slice(1), Key: 'secret', Body: 'of bob' }));
});
afterAll(() => rig?.stop());

const denied = async (call: Partial<S3Call> & { path: string }): Promise<void> => {
  const answer = await rig.unseen(() => rig.call(call));
  expect([answer.status, answer.code]).toEqual([403, call.method === 'HEAD' ? '' : 'AccessDenied']);
};

describe('Z2 only the own bucket, by equality', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE'])('%s elsewhere', async (method) => {
    const body = method === 'PUT' ? { body: 'x' } : {};
    for (const bucket of [rig.foreign, `${rig.home}x`, `${rig.home}-2`, rig.home.slice(0, -1), '/gen3wf-localhost']) {
      for (const key of ['', '/secret']) await denied({ method, path: bucket + key, ...body });
    }
  });

  test('the text is the same whether the other bucket exists or not', async () => {
    const [there, absent] = await Promise.all([
      rig.call({ path: `${rig.foreign}/secret` }),
      rig.call({ path: '/no-such-bucket-at-all/secret' }),
    ]);
    const blank = (text: string): string => text.replace(/<Resource>.*<\/RequestId>/, '');
    expect(blank(there.text)).toBe(blank(absent.text));
  });
});

describe('Z1 Z4 a copy source is a second resource', () => {
  const copy = (source: string, credentials = rig.session, extra: Partial<S3Call> = {}) =>
    rig.call({
      method: 'PUT',
      path: `${rig.home}/copied`,
      credentials,
      headers: { 'x-amz-copy-source': source },
      ...extra,
    });

  test('every spelling of another bucket is refused, for copies and for parts', async () => {
    const bucket = rig.foreign.slice(1);
    const sources = [
      `/${bucket}/secret`,
      `${bucket}/secret`,
      `%2F${bucket}%2Fsecret`,
      `/${bucket}%2Fsecret`,
      `${bucket}/secret?versionId=null`,
      `//${bucket}/secret`,
      `/${bucket}//secret`,
      ` /${bucket}/secret`,
      `/${rig.home.slice(1)}/../${bucket}/secret`,
      `/${bucket.toUpperCase()}/secret`,
      `/${encodeURIComponent(bucket).replace('gen', '%67en')}/secret`,
      `/%2567en3wf/secret`,
      `.${rig.home}/x`,
      'arn:aws:s3:us-east-1:123456789012:accesspoint/x/object/secret',
      '/arn:aws:s3-object-lambda:us-east-1:123456789012:accesspoint/x/object/y',
      'arn%3Aaws%3As3:::x/y',
      '',
      '/',
      bucket,
      `/${bucket}`,
      `/${bucket}/`,
      `http://evil.example/${bucket}/secret`,
      `/${rig.home.slice(1)}/k?versionId=1&x=y`,
    ];
    for (const source of sources) {
      for (const credentials of [rig.session, rig.token, { ...rig.token, secretAccessKey: 'other' }]) {
        const answer = await copyWithoutReach(() => copy(source, credentials));
        expect(answer, source).toMatch(/^(403 AccessDenied|400 InvalidArgument|501 NotImplemented|400 InvalidURI)$/);
      }
      const part = await copyWithoutReach(() =>
        copy(source, rig.session, { query: { partNumber: '1', uploadId: 'x' } }),
      );
      expect(part, source).toMatch(/^(403|400|501) /);
    }
  });
  const copyWithoutReach = async (call: () => ReturnType<typeof copy>): Promise<string> => {
    rig.strict.tap.clear();
    const answer = await call();
    expect(rig.strict.tap.requests().filter((line) => !line.includes(rig.home))).toEqual([]);
    expect(rig.strict.tap.text()).not.toContain('x-amz-copy-source');
    return `${answer.status} ${answer.code}`;
  };

  test('the own bucket in every spelling works, and goes out in ours', async () => {
    const bucket = rig.home.slice(1);
    for (const source of [
      `/${bucket}/own`,
      `${bucket}/own`,
      `%2F${bucket}%2Fown`,
      `/${bucket}/%6Fwn`,
      `${bucket}%2fown`,
    ]) {
      rig.strict.tap.clear();
      const answer = await copy(source);
      expect([source, answer.status]).toEqual([source, 200]);
      expect(rig.strict.tap.text()).toContain(`x-amz-copy-source: /${bucket}/own\r\n`);
    }
    expect((await rig.call({ path: `${rig.home}/copied` })).text).toBe('own own');
  });

  test('an unencoded plus reaches the object that exists, %2B always a plus', async () => {
    await rig.put('plus/a+b', 'plus');
    await rig.put('plus/c%20d', 'space');
    const bodyOf = async (key: string): Promise<string> => {
      const answer = await copy(`${rig.home}/${key}`);
      return answer.status === 200 ? (await rig.call({ path: `${rig.home}/copied` })).text : answer.code;
    };
    expect(await bodyOf('plus/a+b')).toBe('plus');
    expect(await bodyOf('plus/a%2Bb')).toBe('plus');
    expect(await bodyOf('plus/c+d')).toBe('space');
    expect(await bodyOf('plus/c%20d')).toBe('space');
    expect(await bodyOf('plus/c%2Bd')).toBe('NoSuchKey');
  });

  test('a read-only session may not copy, though it may read the source', async () => {
    const session = rig.proxy.session(rig.alice, { rights: ['read'] });
    expect((await rig.call({ credentials: session, path: `${rig.home}/own` })).status).toBe(200);
    const answer = await rig.unseen(() => copy(`${rig.home}/own`, session));
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
  });
});

describe('Z3 a session for a prefix', () => {
  const scoped = (prefix = 'scope/') => rig.proxy.session(rig.alice, { prefix });
  const call = (partial: Partial<S3Call> & { path: string }) => rig.call({ credentials: scoped(), ...partial });

  test('reads and writes below it and nowhere else', async () => {
    expect((await call({ path: `${rig.home}/scope/one` })).text).toBe('own scope/one');
    expect((await call({ method: 'PUT', path: `${rig.home}/scope/new`, body: 'x' })).status).toBe(200);
    for (const key of ['own', 'scope', 'scope2/x', 'Scope/one', 'scope/../own', 'scope/%2e%2e/own', '/scope/one']) {
      const answer = await rig.unseen(() => call({ path: `${rig.home}/${key}` }));
      expect([key, answer.status]).toEqual([key, key.includes('..') || key.includes('%2e') ? 400 : 403]);
    }
  });

  test.each([
    ['ListObjects', {}],
    ['ListObjectsV2', { 'list-type': '2' }],
    ['ListObjectVersions', { versions: '' }],
    ['ListMultipartUploads', { uploads: '' }],
  ])('%s needs a prefix inside it', async (_name, query) => {
    for (const prefix of [undefined, '', 'scope', 'scop', 'other/']) {
      const answer = await rig.unseen(() =>
        call({
          path: rig.home,
          query: { ...query, ...(prefix !== undefined && { prefix }) } as Record<string, string>,
        }),
      );
      expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
    }
    const allowed = await call({
      path: rig.home,
      query: { ...query, prefix: 'scope/', delimiter: '/' } as Record<string, string>,
    });
    expect(allowed.status).toBe(200);
    expect(allowed.text).not.toContain('<Key>own</Key>');
  });

  test('copies stay inside on both sides', async () => {
    const copy = (from: string, to: string) =>
      call({ method: 'PUT', path: `${rig.home}/${to}`, headers: { 'x-amz-copy-source': `${rig.home}/${from}` } });
    expect((await copy('scope/one', 'scope/copy')).status).toBe(200);
    expect((await rig.unseen(() => copy('own', 'scope/copy'))).code).toBe('AccessDenied');
    expect((await rig.unseen(() => copy('scope/one', 'own'))).code).toBe('AccessDenied');
  });

  test('each key of a multi-delete is checked, whatever the XML does to hide one', async () => {
    const remove = (inner: string, encoding = 'UTF-8') => {
      const body = `<?xml version="1.0" encoding="${encoding}"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${inner}</Delete>`;
      return call({
        method: 'POST',
        path: rig.home,
        query: { delete: '' },
        body,
        headers: { 'content-md5': md5(body) },
      });
    };
    const hiding = [
      '<Object><Key>scope/two</Key></Object><Object><Key>own</Key></Object>',
      '<Object><Key>&#111;wn</Key></Object>',
      '<Object><Key>&#x6f;wn</Key></Object>',
      '<Object><Key><![CDATA[own]]></Key></Object>',
      '<Object><Key>scope/<!-- -->../own</Key></Object>',
      '<Object><Key>scope/two</Key><Key>own</Key></Object>',
      '<Object><VersionId>x</VersionId></Object>',
      '<object><key>own</key></object>',
      '<s:Object><s:Key>own</s:Key></s:Object>',
      '<Object><?x y?><Key>scope/two</Key></Object>',
      '<Object><Key></Key></Object>',
      '<Quiet>true</Quiet>',
      '<Object><Key>scope/two</Key></Object></Delete><Delete><Object><Key>own</Key></Object>',
      '<Object><Key>&own;</Key></Object>',
      '',
    ];
    const hidden = hiding.map((inner): [string, string | undefined] => [inner, undefined]);
    // Read as UTF-7 the same bytes close the key and open another one.
    hidden.push(['<Object><Key>scope/two+ADw-/Key+AD4-</Key></Object>', 'UTF-7']);
    for (const [inner, encoding] of hidden) {
      const answer = await rig.unseen(() => remove(inner, encoding));
      expect([inner, `${answer.status} ${answer.code}`]).toEqual([
        inner,
        expect.stringMatching(/^(403 AccessDenied|400 MalformedXML)$/),
      ]);
    }
    expect((await remove('<Object><Key>scope/two</Key></Object>')).text).toContain('<Deleted>');
    expect((await rig.call({ path: `${rig.home}/own` })).status).toBe(200);
  });
});

describe('Z5 rights follow the operation, not the method', () => {
  const matrix: [string, string, string, Record<string, string>, string | undefined][] = [
    ['read', 'GET', '/own', {}, undefined],
    ['read', 'HEAD', '/own', {}, undefined],
    ['create', 'PUT', '/own', {}, 'own own'],
    ['create', 'POST', '/own', { uploads: '' }, undefined],
    ['delete', 'DELETE', '/absent', {}, undefined],
    ['delete', 'POST', '', { delete: '' }, '<Delete><Object><Key>absent</Key></Object></Delete>'],
    [
      'create',
      'PUT',
      '/own',
      { tagging: '' },
      '<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>',
    ],
  ];
  test.each(matrix)('%s for %s %s %j', async (right, method, key, query, body) => {
    const headers = body ? { 'content-md5': md5(body) } : {};
    const call = { method, path: rig.home + key, query, headers, ...(body !== undefined && { body }) };
    const others = (['read', 'create', 'delete'] as const).filter((other) => other !== right);
    const without = await rig.unseen(() =>
      rig.call({ ...call, credentials: rig.proxy.session(rig.alice, { rights: others }) }),
    );
    expect(without.status).toBe(403);
    const only = await rig.call({ ...call, credentials: rig.proxy.session(rig.alice, { rights: [right as 'read'] }) });
    expect(only.status, only.text).toBeLessThan(300);
  });
});

describe('Z6 ACLs', () => {
  test.each(['private', 'bucket-owner-full-control'])('the default %s is dropped', async (acl) => {
    rig.strict.tap.clear();
    expect((await rig.put('acl', 'x', { 'x-amz-acl': acl })).status).toBe(200);
    expect(rig.strict.tap.text()).not.toContain('x-amz-acl');
  });
  test.each([
    { 'x-amz-acl': 'public-read' },
    { 'x-amz-grant-read': 'uri="http://acs.amazonaws.com/groups/global/AllUsers"' },
    { 'x-amz-grant-full-control': 'id=x' },
  ])('%j: refused', async (headers) => {
    const answer = await rig.unseen(() => rig.put('acl', 'x', headers as Record<string, string>));
    expect([answer.status, answer.code]).toEqual([400, 'AccessControlListNotSupported']);
  });
});

describe('Z7 server-side encryption', () => {
  const KEY = 'arn:aws:kms:us-east-1:123456789012:key/own';
  const FOREIGN = {
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:us-east-1:999999999999:key/foreign',
  };
  const seenWith = async (
    mode: 'inherit' | 'enforce' | 'pass',
    headers: Record<string, string>,
    call: Partial<S3Call> = {},
  ) => {
    const upstream = await scriptedUpstream((_req, res) => res.writeHead(200, { etag: '"x"' }).end());
    const proxy = await startProxy({
      upstream: upstream.upstream,
      encryption: { mode, kmsKeyId: () => KEY },
      publicNames: { trustForwarded: true },
    });
    try {
      const answer = await s3({
        endpoint: proxy.endpoint,
        credentials: proxy.session('u'),
        method: 'PUT',
        path: `/${bucketOf('u')}/k`,
        body: 'x',
        headers,
        ...call,
      });
      await expect.poll(() => upstream.seen.length >= (answer.status === 200 ? 1 : 0)).toBe(true);
      const sse = Object.entries(upstream.seen[0]?.headers ?? {}).filter(([name]) =>
        name.startsWith('x-amz-server-side'),
      );
      return {
        answer: `${answer.status} ${answer.code}`.trim(),
        count: upstream.seen.length,
        sse: Object.fromEntries(sse),
      };
    } finally {
      await proxy.stop();
      await upstream.stop();
    }
  };

  test('inherit drops what the client says', async () => {
    expect(
      await seenWith('inherit', {
        'x-amz-server-side-encryption': 'AES256',
        'x-amz-server-side-encryption-context': 'e30=',
      }),
    ).toEqual({ answer: '200', count: 1, sse: {} });
  });
  test('enforce sets ours on new objects only', async () => {
    const ours = { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': KEY };
    expect((await seenWith('enforce', { 'x-amz-server-side-encryption': 'AES256' })).sse).toEqual(ours);
    expect((await seenWith('enforce', {}, { method: 'POST', query: { uploads: '' }, body: '' })).sse).toEqual(ours);
    expect((await seenWith('enforce', { 'x-amz-copy-source': `/${bucketOf('u')}/y` }, { body: '' })).sse).toEqual(ours);
    const untouched: Partial<S3Call>[] = [
      { query: { partNumber: '1', uploadId: 'u' } },
      { query: { tagging: '' }, body: '<Tagging/>' },
      { method: 'GET', body: '' },
      { method: 'POST', query: { uploadId: 'u' }, body: '<CompleteMultipartUpload/>' },
      {
        method: 'POST',
        path: `/${bucketOf('u')}`,
        query: { delete: '' },
        body: '<Delete><Object><Key>k</Key></Object></Delete>',
        headers: { 'content-md5': md5('<Delete><Object><Key>k</Key></Object></Delete>') },
      },
    ];
    for (const call of untouched)
      expect(await seenWith('enforce', call.headers ?? {}, call)).toEqual({ answer: '200', count: 1, sse: {} });
  });
  test('pass sends it on', async () => {
    expect((await seenWith('pass', { 'x-amz-server-side-encryption': 'AES256' })).sse).toEqual({
      'x-amz-server-side-encryption': 'AES256',
    });
  });
  test.each(['inherit', 'enforce', 'pass'] as const)('%s refuses a foreign KMS key', async (mode) => {
    expect(await seenWith(mode, FOREIGN)).toEqual({ answer: '403 AccessDenied', count: 0, sse: {} });
  });
  test('customer keys over plain http are refused', async () => {
    const headers = {
      'x-amz-server-side-encryption-customer-algorithm': 'AES256',
      'x-amz-server-side-encryption-customer-key': randomBytes(32).toString('base64'),
    };
    expect(await seenWith('pass', headers)).toEqual({ answer: '400 InvalidRequest', count: 0, sse: {} });
    const source = {
      'x-amz-copy-source': `/${bucketOf('u')}/y`,
      'x-amz-copy-source-server-side-encryption-customer-key': 'x',
    };
    expect((await seenWith('pass', source, { body: '' })).answer).toBe('400 InvalidRequest');
  });

  describe('customer keys over https', () => {
    const customer = (of = '') => ({
      [`x-amz-${of}server-side-encryption-customer-algorithm`]: 'AES256',
      [`x-amz-${of}server-side-encryption-customer-key`]: randomBytes(32).toString('base64'),
    });
    const overTls: Partial<S3Call> = {
      tamper: ({ headers }) => {
        headers['x-forwarded-proto'] = 'https';
      },
    };
    const source = { 'x-amz-copy-source': `/${bucketOf('u')}/y`, ...customer('copy-source-') };

    test.each(['inherit', 'pass'] as const)('%s passes them', async (mode) => {
      const keys = customer();
      expect(await seenWith(mode, keys, overTls)).toEqual({ answer: '200', count: 1, sse: keys });
    });
    test('enforce refuses them for new objects, whose key is ours, and passes them for reading', async () => {
      const refused = { answer: '403 AccessDenied', count: 0, sse: {} };
      expect(await seenWith('enforce', customer(), overTls)).toEqual(refused);
      const part = { ...overTls, query: { partNumber: '1', uploadId: 'u' } };
      expect(await seenWith('enforce', customer(), part)).toEqual(refused);
      const keys = customer();
      expect((await seenWith('enforce', keys, { ...overTls, method: 'GET', body: '' })).sse).toEqual(keys);
      expect((await seenWith('enforce', source, { ...overTls, body: '' })).answer).toBe('200');
    });
  });
});

test('Z8 the expected owner goes along where the account is known; another one is refused', async () => {
  const upstream = await scriptedUpstream((_req, res) => res.writeHead(200).end());
  const proxy = await startProxy({ upstream: upstream.upstream, bucketOwner: '123456789012' });
  const call = (partial: Partial<S3Call>) =>
    s3({ endpoint: proxy.endpoint, credentials: proxy.session('u'), path: `/${bucketOf('u')}/k`, ...partial });
  await call({});
  await call({ method: 'PUT', headers: { 'x-amz-copy-source': `/${bucketOf('u')}/y` } });
  const other = await call({ headers: { 'x-amz-expected-bucket-owner': '999999999999' } });
  expect((await call({ headers: { 'x-amz-expected-bucket-owner': '123456789012' } })).status).toBe(200);
  await proxy.stop();
  await upstream.stop();
  expect(other.code).toBe('AccessDenied');
  expect(
    upstream.seen.map(({ headers }) => [
      headers['x-amz-expected-bucket-owner'],
      headers['x-amz-source-expected-bucket-owner'],
    ]),
  ).toEqual([
    ['123456789012', undefined],
    ['123456789012', '123456789012'],
    ['123456789012', undefined],
  ]);
});

describe('Z9 headers that need a right nobody here has', () => {
  test.each([
    'x-amz-website-redirect-location',
    'x-amz-object-lock-mode',
    'x-amz-object-lock-retain-until-date',
    'x-amz-bypass-governance-retention',
    'x-amz-mfa',
  ])('%s: AccessDenied', async (name) => {
    const answer = await rig.unseen(() => rig.put('z9', 'x', { [name]: 'x' }));
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
  });
  test('storage classes by list', async () => {
    expect((await rig.put('z9', 'x', { 'x-amz-storage-class': 'STANDARD' })).status).toBe(200);
    expect((await rig.unseen(() => rig.put('z9', 'x', { 'x-amz-storage-class': 'DEEP_ARCHIVE' }))).code).toBe(
      'AccessDenied',
    );
  });
  test('an unknown x-amz header is not left out silently', async () => {
    const answer = await rig.unseen(() => rig.put('z9', 'x', { 'x-amz-write-offset-bytes': '5' }));
    expect([answer.status, answer.code]).toEqual([501, 'NotImplemented']);
  });
});

test('Z10 tags pass on uploads and copies', async () => {
  expect((await rig.put('tagged', 'x', { 'x-amz-tagging': 'a=1&b=2' })).status).toBe(200);
  expect((await rig.call({ path: `${rig.home}/tagged`, query: { tagging: '' } })).text).toContain('<Key>a</Key>');
  const headers = {
    'x-amz-copy-source': `${rig.home}/tagged`,
    'x-amz-tagging': 'c=3',
    'x-amz-tagging-directive': 'REPLACE',
  };
  expect((await rig.call({ method: 'PUT', path: `${rig.home}/retagged`, headers })).status).toBe(200);
  expect((await rig.call({ path: `${rig.home}/retagged`, query: { tagging: '' } })).text).toContain('<Key>c</Key>');
});

test('Z11 metadata passes, up to 2 KB', async () => {
  expect((await rig.put('meta', 'x', { 'x-amz-meta-a': 'value  with blanks' })).status).toBe(200);
  const stored = await rig.strict.client.send(new GetObjectCommand({ Bucket: rig.home.slice(1), Key: 'meta' }));
  expect(stored.Metadata).toEqual({ a: 'value  with blanks' });
  const answer = await rig.unseen(() =>
    rig.put('meta', 'x', { 'x-amz-meta-a': 'x'.repeat(1_500), 'x-amz-meta-b': 'x'.repeat(600) }),
  );
  expect([answer.status, answer.code]).toEqual([400, 'MetadataTooLarge']);
});

describe('Z12 buckets are not made or removed here', () => {
  test('CreateBucket of the own one: 409, of others: AccessDenied', async () => {
    const own = await rig.call({ method: 'PUT', path: rig.home });
    expect([own.status, own.code]).toEqual([409, 'BucketAlreadyOwnedByYou']);
    await denied({ method: 'PUT', path: rig.foreign });
    await denied({ method: 'PUT', path: '/new-bucket-of-mine' });
  });
  test('CreateBucket of the own one before the set-up: 404, with the way to get it', async () => {
    const answer = await rig.call({
      method: 'PUT',
      path: `/${bucketOf('nobody-yet')}`,
      credentials: rig.proxy.session('nobody-yet'),
    });
    expect([answer.status, answer.code]).toEqual([404, 'NoSuchBucket']);
    expect(answer.text).toContain('/storage/setup');
  });
  test('DeleteBucket: AccessDenied', async () => {
    await denied({ method: 'DELETE', path: rig.home });
    await denied({ method: 'DELETE', path: rig.foreign });
  });
});

test('Z13 Z14 what Nextflow asks at its start is answered at once', async () => {
  const list = await rig.unseen(() => rig.call({ path: '', query: { 'max-buckets': '1' } }));
  const acl = await rig.unseen(() => rig.call({ path: rig.home, query: { acl: '' } }));
  const location = await rig.unseen(() => rig.call({ path: rig.home, query: { location: '' } }));
  expect([list.status, acl.status, location.status]).toEqual([200, 200, 200]);
  expect(location.text).toMatch(/<LocationConstraint[^>]*><\/LocationConstraint>/);
  const head = await rig.call({ method: 'HEAD', path: rig.home });
  expect([head.status, head.headers['x-amz-bucket-region']]).toEqual([200, 'us-east-1']);
});

describe('Z15 decisions of Arborist', () => {
  test('are asked once per right and user, with the resource path, and remembered', async () => {
    const asked: string[] = [];
    const proxy = await startProxy({
      upstream: rig.strict.upstream,
      arborist: {
        async isAllowed({ token: given, method, resource }) {
          asked.push(`${method} ${resource} ${given.length > 100}`);
          return method === 'read';
        },
      },
    });
    const call = (partial: Partial<S3Call>) =>
      s3({ endpoint: proxy.endpoint, credentials: rig.token, path: `${rig.home}/own`, ...partial });
    const statuses = [];
    for (const method of ['GET', 'GET', 'HEAD', 'PUT', 'PUT'])
      statuses.push((await call({ method, ...(method === 'PUT' && { body: 'x' }) })).status);
    const copied = await call({ method: 'PUT', headers: { 'x-amz-copy-source': `${rig.home}/own` } });
    await proxy.stop();
    expect(statuses).toEqual([200, 200, 200, 403, 403]);
    expect(copied.code).toBe('AccessDenied');
    const resource = `/services/workflow/gen3-workflow/storage/${rig.alice}`;
    expect(asked).toEqual([`read ${resource} true`, `create ${resource} true`]);
  });

  test('a copy needs the right to read and to create', async () => {
    const asked: string[] = [];
    const proxy = await startProxy({
      upstream: rig.strict.upstream,
      arborist: { isAllowed: async ({ method }) => asked.push(method) > 0 },
    });
    await s3({
      endpoint: proxy.endpoint,
      credentials: rig.token,
      method: 'PUT',
      path: `${rig.home}/c`,
      headers: { 'x-amz-copy-source': `${rig.home}/own` },
    });
    await proxy.stop();
    expect(asked).toEqual(['create', 'read']);
  });

  test('no answer is no yes', async () => {
    const proxy = await startProxy({
      upstream: rig.strict.upstream,
      arborist: { isAllowed: () => Promise.reject(new Error('down')) },
    });
    const answer = await rig.unseen(() =>
      s3({ endpoint: proxy.endpoint, credentials: rig.token, path: `${rig.home}/own` }),
    );
    await proxy.stop();
    expect([answer.status, answer.code]).toEqual([503, 'ServiceUnavailable']);
  });
});

test('Z16 a transfer that began in time ends, and nothing new begins', async () => {
  let clock = Date.now();
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const upstream = await scriptedUpstream(async (_req, res) => {
    res.writeHead(200, { 'content-length': '10' });
    res.write('first');
    started.resolve();
    await finish.promise;
    res.end('later');
  });
  const proxy = await startProxy({ upstream: upstream.upstream, now: () => clock });
  const accessKeyId = await token({ sub: 'u', ttl: 60 });
  const call = () =>
    s3({
      endpoint: proxy.endpoint,
      credentials: { accessKeyId, secretAccessKey: 'N/A' },
      path: `/${bucketOf('u')}/k`,
      date: new Date(clock),
    });
  const running = call();
  await started.promise;
  clock += 61_000;
  const late = await call();
  finish.resolve();
  const answer = await running;
  await proxy.stop();
  await upstream.stop();
  expect([answer.status, answer.text]).toEqual([200, 'firstlater']);
  expect([late.status, late.code]).toEqual([403, 'ExpiredToken']);
});

function md5(body: string): string {
  return createHash('md5').update(body).digest('base64');
}
