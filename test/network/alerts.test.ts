/** The alerts, by Prometheus' own tool: each is fired by its cause, and silent without it. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const FOLDER = new URL('../../deploy/prometheus/', import.meta.url);

const read = (name: string) => parse(readFileSync(new URL(name, FOLDER), 'utf8'));

const alerts = (read('eyrie.rules.yml') as { groups: { rules: { alert: string }[] }[] }).groups.flatMap(({ rules }) =>
  rules.map(({ alert }) => alert),
);

const promtool = (...args: string[]) =>
  spawnSync('promtool', args, { cwd: fileURLToPath(FOLDER), encoding: 'utf8', timeout: 60_000 });

test('the rules are valid, fire and stay silent as they should', () => {
  expect(promtool('check', 'rules', 'eyrie.rules.yml')).toMatchObject({ status: 0 });
  const { status, stdout, stderr } = promtool('test', 'rules', 'eyrie.rules.test.yml');
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
