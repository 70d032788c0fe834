import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

const markdown = [
  ...['docs/', '.github/'].flatMap((folder) =>
    readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' }).map((name) => folder + name),
  ),
  ...readdirSync(ROOT),
].filter((name) => name.endsWith('.md'));

const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

const anchorsOf = (file: URL): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slugOf(heading));

test.each(markdown)('%s links to what exists', (name) => {
  const file = new URL(name, ROOT);
  const text = readFileSync(file, 'utf8').replace(/```[\s\S]*?```/g, '');
  const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const to = path === '' ? file : new URL(path, file);
      return !existsSync(to) || (anchor !== undefined && !anchorsOf(to).includes(anchor));
    });
  expect(broken).toEqual([]);
});

test.each(markdown)('%s names files that are there', (name) => {
  const text = readFileSync(new URL(name, ROOT), 'utf8').replace(/```[\s\S]*?```/g, '');
  const named = [...text.matchAll(/`((?:src|test|sandbox|scripts|deploy|bench|docs|bin|\.ci)\/[\w./-]+)`/g)];
  expect(named.map(([, path = '']) => path).filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
});
