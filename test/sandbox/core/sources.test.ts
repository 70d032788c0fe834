/** The sandbox was written by the authors of what it tests: each rule says who told them how AWS behaves. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SERVICES = fileURLToPath(new URL('../../../sandbox/services', import.meta.url));

/** Files that refuse, answer, delay or weigh a call; the others hold state, shapes and views of it. */
const DECIDES = /\bRule\b|\bAwsError\b|\bActionsOf\b|\w_MS = /;

/** A page of documentation, or a recorded answer of AWS. */
const SOURCE = /@see https:\/\/\S+/;

const files = readdirSync(SERVICES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(SERVICES, name), 'utf8') }));

test('each file of rules cites where AWS behaves like that', () => {
  const rules = files.filter(({ text }) => DECIDES.test(text));
  expect(rules.length).toBeGreaterThan(40);
  expect(rules.filter(({ text }) => !SOURCE.test(text)).map(({ name }) => name)).toEqual([]);
});

test('each open question says what is not known', () => {
  const questions = files.filter(({ text }) => /openQuestion\(/.test(text));
  expect(questions.length).toBeGreaterThan(0);
  for (const { name, text } of questions) {
    const asked = [...text.matchAll(/(\*\/\n)?(?:export )?const \w+ = openQuestion\(/g)];
    expect(
      asked.filter(([, comment]) => comment === undefined),
      name,
    ).toEqual([]);
  }
});
