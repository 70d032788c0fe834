import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook: string };
}

const rules = (parse(read('deploy/prometheus/eyrie.rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const page = read('docs/operations/alerts.md');
const source = globSync('src/**/*.ts', { cwd: ROOT }).map(read).join('\n');

describe.each(rules)('$alert', ({ alert, expr, annotations }) => {
  test('has a section that says what it means and what to do', () => {
    expect(annotations.runbook).toBe(`docs/operations/alerts.md#${alert.toLowerCase()}`);
    const section = page.split(/^## /m).find((one) => one.startsWith(`${alert}\n`)) ?? '';
    expect(section).toMatch(/\*\*What it means\.\*\*[\s\S]{40,}\*\*What to do\.\*\*[\s\S]{40,}/);
  });

  test('asks for numbers that Eyrie counts', () => {
    for (const [name] of expr.matchAll(/eyrie_\w+/g)) {
      // Temporal's exporter puts the ending on the counters of workflows.
      expect(source.includes(`'${name}'`) || source.includes(`'${name.replace(/_total$/, '')}'`), name).toBe(true);
    }
  });
});
