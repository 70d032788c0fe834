/** The bundle that is kept is taken where it is what would be made, and nowhere else. */
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keptBundle } from '#temporal/kept-bundle.ts';

/** A workflow in two files, and its bundle: their texts, one behind the other. */
const world = (duringMake: () => Promise<void> = async () => undefined) => {
  const folder = mkdtempSync(join(tmpdir(), 'eyrie-bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string): string => join(folder, name);
  const files = [path('workflow.ts'), path('domain.ts')];
  for (const file of files) writeFileSync(file, `text of ${file}`);
  let made = 0;
  const make = async () => {
    made += 1;
    const code = files.map((file) => readFileSync(file, 'utf8')).join('\n');
    const missing = [path('domain.js')].filter((file) => !existsSync(file));
    await duringMake();
    return { code, sourceMap: '', files, missing } as never;
  };
  const kept = path('kept');
  return {
    ...{ path, kept },
    keptFile: () => join(kept, readdirSync(kept)[0] ?? ''),
    take: async (into = kept) => (await keptBundle(path('workflow.ts'), { folder: into, make })).code,
    made: () => made,
  };
};

test('it is made once, and taken from then on', async () => {
  const { take, made, kept } = world();
  const first = await take();
  expect([await take(), await take()]).toEqual([first, first]);
  expect(made()).toBe(1);
  expect(readdirSync(kept)).toHaveLength(1);
});

type World = ReturnType<typeof world>;

const CHANGES: Readonly<Record<string, (world: World) => void>> = {
  'a file of it has changed': ({ path }) => appendFileSync(path('domain.ts'), ', changed'),
  'a file is there that would be taken in the place of one of it': ({ path }) => writeFileSync(path('domain.js'), ''),
  'what was kept is cut short': ({ keptFile }) => writeFileSync(keptFile(), readFileSync(keptFile()).subarray(0, 100)),
  'what was kept is something else': ({ keptFile }) => writeFileSync(keptFile(), '{"code": 1}'),
  'what was kept is nothing': ({ keptFile }) => writeFileSync(keptFile(), 'null'),
};

test.each(Object.entries(CHANGES))('where %s, it is made anew, and kept', async (_, change) => {
  const one = world();
  await one.take();
  change(one);
  const code = await one.take();
  expect(one.made()).toBe(2);
  expect(code).toContain(readFileSync(one.path('domain.ts'), 'utf8'));
  expect(await one.take()).toBe(code);
  expect(one.made()).toBe(2);
});

test.each([
  ['a file of it changes', (one: World) => appendFileSync(one.path('domain.ts'), ', changed')],
  ['a file appears that would be taken in the place of one', (one: World) => writeFileSync(one.path('domain.js'), '')],
])('where %s while it is made, that is not what the next start takes', async (_, change) => {
  const later = Promise.withResolvers<void>();
  const one: World = world(() => later.promise);
  const first = one.take();
  await expect.poll(one.made).toBe(1);
  // Later than the clock's grain, by which a file may look older than it is.
  const since = Date.now() + 20;
  await expect.poll(() => Date.now() > since, { interval: 5 }).toBe(true);
  change(one);
  later.resolve();
  await first;
  expect(await one.take()).toContain(readFileSync(one.path('domain.ts'), 'utf8'));
  expect(one.made()).toBe(2);
});

test('workers that start at once all have it', async () => {
  const { take, kept, made } = world();
  const all = await Promise.all(Array.from({ length: 8 }, () => take()));
  expect(new Set(all).size).toBe(1);
  const before = made();
  expect(await take()).toBe(all[0]);
  expect(made()).toBe(before);
  expect(readdirSync(kept)).toHaveLength(1);
});

test('where nothing can be written, it is made each time', async () => {
  const { take, path, made } = world();
  const below = join(path('workflow.ts'), 'no folder');
  expect(await take(below)).toBe(await take(below));
  expect(made()).toBe(2);
});
