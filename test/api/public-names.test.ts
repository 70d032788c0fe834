import { expect, test } from 'vitest';
import { publicNamesOf } from '#api/storage.ts';
import { S3Config } from '#config/s3.ts';

const api = (publicUrl?: string) =>
  ({ ...(publicUrl !== undefined && { publicUrl }) }) as Parameters<typeof publicNamesOf>[0]['api'];

test.each([
  ['https://eyrie.example.org', 'eyrie.example.org', '/s3'],
  ['https://eyrie.example.org/', 'eyrie.example.org', '/s3'],
  ['https://example.org:8443/workflows/', 'example.org:8443', '/workflows/s3'],
])('clients of %s sign for its host and path', (publicUrl, host, prefix) => {
  expect(publicNamesOf({ api: api(publicUrl), s3: S3Config.parse({}) })).toEqual({
    hosts: [host],
    prefixes: [prefix],
    trustForwarded: false,
  });
});

test('further names are configured, and forwarded ones are believed only then', () => {
  const s3 = S3Config.parse({ publicHosts: ['s3.example.org'], publicPrefixes: ['/old/s3'], trustForwarded: true });
  expect(publicNamesOf({ api: api(), s3 })).toEqual({
    hosts: ['s3.example.org'],
    prefixes: ['/old/s3'],
    trustForwarded: true,
  });
  expect(S3Config.safeParse({ publicPrefixes: ['/ends/in/'] }).success).toBe(false);
});
