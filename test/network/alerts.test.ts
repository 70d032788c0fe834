/** The alerts, by Prometheus' own tool: each is fired by its cause, and silent without it. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

const FOLDER = new URL('../../deploy/prometheus/', import.meta.url);

const read = (name: string) => parse(readFileSync(new URL(name, FOLDER), 'utf8'));

const alerts = (read('eyrie.rules.yml') as { groups: { rules: { alert: string }[] }[] }).groups.flatMap(({ rules }) =>
  rules.map(({ alert }) => alert),
);

const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: fileURLToPath(FOLDER), encoding: 'utf8', timeout: 300_000 });

test('the rules are valid, fire and stay silent as they should', () => {
  expect(promtool('check', 'rules', 'eyrie.rules.yml')).toMatchObject({ status: 0 });
  const { status, stdout, stderr } = promtool('test', 'rules', 'eyrie.rules.test.yml');
  expect({ status, said: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
});

test('each expression of the dashboard is one that Prometheus understands', () => {
  const { panels } = JSON.parse(readFileSync(new URL('../grafana/eyrie.json', FOLDER), 'utf8')) as {
    panels: { id: number; targets: { expr: string }[] }[];
  };
  const rules = panels.flatMap(({ id, targets }) =>
    targets.map(({ expr }, nth) => ({
      record: `panel:${id}:${nth}`,
      // Grafana fills it in.
      expr: expr.replaceAll('$__rate_interval', '5m'),
    })),
  );
  const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'rules.yml');
  writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
  const { status, stdout, stderr } = promtool('check', 'rules', file);
  expect({ status, said: `${stdout}${stderr}` }).toMatchObject({ status: 0 });
});

test('each alert has a case in which it fires, and one in which it is silent', () => {
  const { tests } = read('eyrie.rules.test.yml') as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
  };
  const cases = tests.flatMap((one) => one.alert_rule_test);
  const named = (fires: boolean) =>
    new Set(cases.filter((one) => (one.exp_alerts !== undefined) === fires).map(({ alertname }) => alertname));
  expect(named(true)).toEqual(new Set(alerts));
  expect(named(false)).toEqual(new Set(alerts));
});
