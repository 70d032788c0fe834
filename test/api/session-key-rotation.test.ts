/** Sessions outlive the rotation of the sealing keys that theirs are derived from, for as long as the old key is listed. */
import { expect, test } from 'vitest';
import { bucketNameOf } from '#s3/http/bucket-name.ts';
import { type Credentials, s3 } from '../s3/support/http.ts';
import { type DoorRig, startDoors } from './door-rig.ts';
import { tokenOf } from './tokens.ts';

const withDoors = async <T>(sealingKeys: readonly number[], use: (rig: DoorRig) => Promise<T>): Promise<T> => {
  const rig = await startDoors({ sealingKeys });
  try {
    return await use(rig);
  } finally {
    await rig.stop();
  }
};

const mint = async ({ api }: DoorRig): Promise<Credentials> => {
  const headers = { authorization: `Bearer ${await tokenOf('user')}` };
  return (await (await fetch(`${api}/storage/session`, { method: 'POST', headers })).json()) as Credentials;
};

const statusWith =
  (credentials: Credentials) =>
  async ({ api }: DoorRig): Promise<number> =>
    (await s3({ endpoint: `${api}/s3`, credentials, path: `/${bucketNameOf('localhost', 'alice')}/k` })).status;

test.each([
  ['the same key', [1], 200],
  ['a new key in front', [2, 1], 200],
  ['two new keys in front', [3, 2, 1], 200],
  ['a new key behind, before it is moved to the front', [1, 2], 200],
  ['the old key taken away', [2], 403],
] as const)('%s', async (_name, after, status) => {
  const credentials = await withDoors([1], mint);
  expect(await withDoors(after, statusWith(credentials))).toBe(status);
});

test('once the new key is in front, sessions hang on it', async () => {
  const credentials = await withDoors([2, 1], mint);
  expect(await withDoors([2], statusWith(credentials))).toBe(200);
  expect(await withDoors([1], statusWith(credentials))).toBe(403);
});
