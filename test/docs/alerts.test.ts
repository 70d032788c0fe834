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

const dashboard = JSON.parse(read('deploy/grafana/eyrie.json')) as {
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets: readonly { readonly expr: string }[];
  }[];
};

describe('the dashboard', () => {
  test.each(dashboard.panels)('$title asks for numbers that Eyrie counts', ({ targets }) => {
    for (const { expr } of targets) {
      for (const [name] of expr.matchAll(/eyrie_\w+/g)) {
        const counted = name.replace(/_bucket$/, '');
        expect(source.includes(`'${counted}'`) || source.includes(`'${counted.replace(/_total$/, '')}'`), name).toBe(
          true,
        );
      }
    }
  });

  test('has panels that don’t lie on each other, each with an id of its own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { id, gridPos: one } of panels) {
      expect(one.x + one.w).toBeLessThanOrEqual(24);
      for (const other of panels.filter((each) => each.id > id).map(({ gridPos }) => gridPos)) {
        const apart =
          one.x + one.w <= other.x ||
          other.x + other.w <= one.x ||
          one.y + one.h <= other.y ||
          other.y + other.h <= one.y;
        expect(apart).toBe(true);
      }
    }
  });
});
