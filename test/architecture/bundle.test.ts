import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { BUNDLE_BYTES_MAX, bundleWorkflows, codeBytes } from '#temporal/bundle-guard.ts';

const plant = (text: string): string => {
  // Below src, so that the imports resolve as those of a real workflow would.
  const folder = mkdtempSync(join(import.meta.dirname, '../../src/workflows/planted-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'index.ts');
  writeFileSync(file, text);
  return file;
};

test('the workflow bundle is pure and small', async () => {
  const { code, files } = await bundleWorkflows();
  expect(codeBytes(code)).toBeLessThan(BUNDLE_BYTES_MAX);
  expect(codeBytes(code)).toBeGreaterThan(100_000);
  // What it was made from is known: whether one that was kept is still true is judged by it.
  const folder = join(import.meta.dirname, '../../src/workflows');
  const own = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const known = new Set(files);
  expect(own.filter((name) => !known.has(join(folder, name)))).toEqual(['versioned.ts']);
  expect(files.filter((path) => path.includes('node_modules/@temporalio/workflow/')).length).toBeGreaterThan(10);
});

test('a workflow that imports an AWS client, zod and an activity does not build, and each is told', async () => {
  const planted = plant(`
    import { IAMClient } from '@aws-sdk/client-iam';
    import { z } from 'zod';
    import { lookAgain } from '#activities/shared/look.ts';
    export async function w() { return [new IAMClient({}), z.string(), lookAgain]; }
  `);
  const told = await bundleWorkflows(planted).then(
    () => 'nothing',
    ({ message }: Error) => message,
  );
  for (const module of ['@aws-sdk/client-iam/', 'node_modules/zod/', 'src/activities/shared/look.ts'])
    expect(told.split('\n').filter((line) => line.includes(module))[0]).toMatch(
      /must not be imported by workflow code/,
    );
});

test('the same planted file without the import builds', async () => {
  await expect(bundleWorkflows(plant('export async function w() { return 1; }'))).resolves.toHaveProperty('code');
});
