import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { quoted } from '#domain/compute/boot-script.ts';
import { computeUserData, USER_DATA_BYTES_MAX } from '#domain/compute/user-data.ts';
import { aCompute as anyCompute, type ComputeOverrides } from '../compute-input.ts';

const aCompute = (overrides: ComputeOverrides = {}) => anyCompute({ forgeId: 'a1b2c3d4e5f6g7h8i9j0', ...overrides });

const cloudConfigOf = (text: string) =>
  parse(/text\/cloud-config[^\n]*\n\n([\s\S]*?)\n--==EYRIE/.exec(text)?.[1] ?? '') as {
    readonly write_files: readonly { readonly path: string; readonly content: string }[];
    readonly runcmd: readonly string[];
  };

const LARGEST: ComputeOverrides = {
  config: { nvnmeStorageEnabled: true },
  labels: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`label-${index}`, 'v'.repeat(40)])),
  forge: { efsCreate: true, fsxSize: 1200, ebsAutoScale: true, ecsConfig: `A=${'x'.repeat(4094)}` },
};

test.each(['AL2023', 'AL2'] as const)('the user data of everything, on %s', async (family) => {
  const everything = aCompute({
    config: { nvnmeStorageEnabled: true },
    forge: { efsCreate: true, fsxSize: 1200, ebsAutoScale: true, ecsConfig: 'ECS_NUM_IMAGES_DELETE_PER_CYCLE=5' },
  });
  await expect(computeUserData(family, everything)).toMatchFileSnapshot(`../golden/compute-user-data-${family}.txt`);
});

test('it is parts of MIME, and the cloud config in it has the script as it is', () => {
  const text = computeUserData('AL2023', aCompute());
  expect(text).toMatch(/^MIME-Version: 1\.0\nContent-Type: multipart\/mixed; boundary="(.+)"\n\n--\1\n/);
  const { write_files: files, runcmd } = cloudConfigOf(text);
  expect(runcmd).toEqual(['/usr/local/sbin/eyrie-boot']);
  const script = files.find(({ path }) => path === runcmd[0])?.content ?? '';
  expect(script).toMatch(/^#!\/bin\/bash\n/);
  expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0);
});

test('the largest one fits into what EC2 takes', () => {
  expect(Buffer.byteLength(computeUserData('AL2023', aCompute(LARGEST)))).toBeLessThan(USER_DATA_BYTES_MAX);
});

test('it is the same for the same options, whatever else stands in the input', () => {
  const data = (overrides: ComputeOverrides) => computeUserData('AL2023', aCompute(overrides));
  expect(data({ name: 'a', description: 'x', generations: { main: 2 } })).toBe(data({ name: 'b' }));
  expect(data({ forge: { efsCreate: true } })).not.toBe(data({}));
});

test('bash reads any text as it was written', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme-ascii' }), { minLength: 1, maxLength: 20 }), (texts) => {
      const input = `printf '%s\\0' ${texts.map(quoted).join(' ')}`;
      const { stdout } = spawnSync('bash', ['-s'], { input, encoding: 'utf8' });
      expect(stdout.split('\0').slice(0, -1)).toEqual(texts);
    }),
    { numRuns: 30 },
  );
});

test('whatever a user adds for the agent, the cloud config holds it as it was written', () => {
  // The form of the option: lines of NAME=value, in ASCII.
  const line = fc
    .tuple(fc.stringMatching(/^[A-Z_]{1,8}$/), fc.string({ unit: 'grapheme-ascii', maxLength: 40 }))
    .map(([name, value]) => `${name}=${value}`)
    .filter((text) => text.trim() === text);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
      const text = computeUserData('AL2023', aCompute({ forge: { ecsConfig: lines.join('\n') } }));
      const script = cloudConfigOf(text).write_files.find(({ path }) => path.endsWith('eyrie-boot'))?.content ?? '';
      for (const each of lines) expect(script).toContain(`\n  ${quoted(each)} \\\n`);
    }),
  );
});
