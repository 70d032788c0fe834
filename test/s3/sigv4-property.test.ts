/** Three implementations have to agree: ours, the maintained library of the AWS SDKs for JavaScript, and botocore. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { PYTHON } from 'eyrie-sandbox/python';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAuthorization } from '#s3/auth/signature-fields.ts';
import { deriveSigningKey } from '#s3/auth/sigv4.ts';
import { likelyStringToSign, signatureMatches, unlikelyStringsToSign } from '#s3/auth/verify.ts';
import { parseQuery, type QueryPair } from '#s3/http/query.ts';
import { parseRequest } from '#s3/http/request.ts';
import { createSigner } from '#s3/upstream/sign.ts';

const SIGNER = fileURLToPath(new URL('./support/botocore_signer.py', import.meta.url));

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const CASES = 400;

/** What breaks canonicalisation: reserved characters, blanks, doubled slashes, dots, several scripts. */
const awkward = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.stringMatching(/^[ -~]{0,16}$/) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'a b',
      '+',
      '%2F',
      '%',
      '..',
      '.',
      '',
      "!'()*~",
      'é',
      '日本',
      '&=;?#',
      'a  b',
      '\u{1f426}',
    ),
  },
);
const key = fc
  .array(awkward, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))
  .filter((text) => text !== '' && !text.includes('\0') && text.isWellFormed() && Buffer.byteLength(text) <= 1_000);
const text = awkward.filter((value) => !value.includes('\0') && value.isWellFormed());
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const request = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD'),
  key,
  query: fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][a-zA-Z-]{0,12}$/), text), {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 5,
  }),
  headers: fc.uniqueArray(fc.tuple(fc.stringMatching(/^x-amz-meta-[a-z][a-z0-9-]{0,10}$/), headerValue), {
    selector: ([name]) => name,
    maxLength: 4,
  }),
  type: fc.option(headerValue, { nil: undefined }),
  secret: fc.stringMatching(/^[A-Za-z0-9/+]{20,40}$/),
  region: fc.constantFrom('us-east-1', 'eu-central-1', 'ap-southeast-2'),
  time: fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2040, 0, 1) }),
  payloadHash: fc.constantFrom('UNSIGNED-PAYLOAD', 'a'.repeat(64), 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'),
});

test(`ours, smithy and botocore make the same signature (seed ${SEED})`, async () => {
  const cases = fc.sample(request, { seed: SEED, numRuns: CASES }).map((spec) => {
    const sign = createSigner({
      host: 's3.example.org',
      style: 'path',
      basePath: '',
      region: spec.region,
      now: () => spec.time,
    });
    const headers = new Map(spec.headers);
    if (spec.type !== undefined) headers.set('content-type', spec.type);
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: spec.secret };
    const signed = sign({ ...spec, bucket: 'bucket-1', query: spec.query as QueryPair[], headers }, credentials);
    return { spec, signed, credentials, ...split(signed.headers) };
  });

  const fromBotocore = JSON.parse(
    execFileSync(PYTHON, [SIGNER], {
      maxBuffer: 64 << 20,
      input: JSON.stringify(
        cases.map(({ spec, signed, credentials, signedPairs, amzDate }) => ({
          ...credentials,
          method: spec.method,
          region: spec.region,
          host: 's3.example.org',
          target: signed.path,
          headers: signedPairs.filter(([name]) => name !== 'host'),
          amzDate,
        })),
      ),
    }).toString(),
  ) as string[];

  for (const [index, { spec, signed, credentials, signedPairs, signature }] of cases.entries()) {
    expect(fromBotocore[index], `botocore, case ${index}: ${JSON.stringify(spec)}`).toBe(signature);
    expect(
      await smithySignature(spec, signed.path, credentials, signedPairs),
      `smithy, case ${index}: ${JSON.stringify(spec)}`,
    ).toBe(signature);
  }
});

test(`what our signer signs, our verifier accepts, and nothing else (seed ${SEED})`, () => {
  fc.assert(
    fc.property(request, fc.nat(), (spec, flip) => {
      const sign = createSigner({
        host: 's3.example.org',
        style: 'path',
        basePath: '/s3',
        region: spec.region,
        now: () => spec.time,
      });
      const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: spec.secret };
      const signed = sign(
        { ...spec, bucket: 'bucket-1', query: spec.query as QueryPair[], headers: new Map(spec.headers) },
        credentials,
      );
      const accepts = (rawHeaders: string[], target: string): boolean => {
        const raw = { method: spec.method, target, rawHeaders, secure: false };
        const received = parseRequest(raw, { prefix: '/s3', virtualHostSuffixes: [] });
        const authorization = parseAuthorization(received);
        const key = deriveSigningKey(spec.secret, authorization.date, spec.region);
        const names = { hosts: [], prefixes: [], trustForwarded: false };
        return [
          likelyStringToSign(received, authorization),
          ...unlikelyStringsToSign(received, authorization, names),
        ].some((text) => signatureMatches(key, text, authorization.signature));
      };
      expect(accepts(signed.headers, signed.path)).toBe(true);
      const at = signed.headers.indexOf('x-amz-date') + 1;
      const changed = [...signed.headers];
      changed[at] = (changed[at] as string).replace(/\d(?=Z)/, (digit) =>
        String((Number(digit) + 1 + (flip % 8)) % 10),
      );
      expect(accepts(changed, signed.path)).toBe(changed[at] === signed.headers[at]);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

function split(headers: string[]) {
  const pairs: [string, string][] = [];
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i] as string, headers[i + 1] as string]);
  const authorization = pairs.find(([name]) => name === 'authorization')?.[1] ?? '';
  const names = /SignedHeaders=([^,]*)/.exec(authorization)?.[1]?.split(';') ?? [];
  return {
    signedPairs: pairs.filter(([name]) => names.includes(name)),
    signature: /Signature=(.*)$/.exec(authorization)?.[1] ?? '',
    amzDate: pairs.find(([name]) => name === 'x-amz-date')?.[1] ?? '',
  };
}

async function smithySignature(
  spec: { method: string; region: string; time: number },
  target: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
  signedPairs: [string, string][],
): Promise<string> {
  const [path = '', query = ''] = target.split('?');
  const signer = new SignatureV4({
    service: 's3',
    region: spec.region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    new HttpRequest({
      method: spec.method,
      hostname: 's3.example.org',
      path,
      query: Object.fromEntries(parseQuery(query) ?? []),
      headers: Object.fromEntries(signedPairs),
    }),
    { signingDate: new Date(spec.time), signableHeaders: new Set(signedPairs.map(([name]) => name)) },
  );
  return /Signature=(.*)$/.exec(signed.headers.authorization ?? '')?.[1] ?? '';
}
