import { expect, test } from 'vitest';
import { z } from 'zod';
import { ComputeBodySchema } from '#config/compute/body.ts';
import { IGNORED } from '#config/compute/ignored.ts';
import { RULES } from '#domain/compute/rules.ts';
import { cell, rowsOf, type Schema } from '../schema-rows.ts';

const SECTIONS: readonly (readonly [title: string, prefix: string])[] = [
  ['`config`: Nextflow and its jobs', 'config'],
  ['`config.forge`: what is made in AWS', 'config.forge'],
  ['`config.eyrie`: what Tower Forge has no option for', 'config.eyrie'],
];

/** The longest of them that the option begins with. */
const sectionOf = (option: string): string =>
  SECTIONS.map(([, prefix]) => prefix)
    .filter((prefix) => option.startsWith(`${prefix}.`))
    .at(-1) ?? '';

const HEAD = ['| option | type | default | |', '| --- | --- | --- | --- |'];

test('docs/reference/compute-options.md says what the schema says (run vitest with -u to write it anew)', async () => {
  const schema = z.toJSONSchema(ComputeBodySchema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const rows = rowsOf('', schema, false).map((row) => ({ row, option: /^\| `([^`]+)`/.exec(row)?.[1] ?? '' }));
  const groups = ['config', 'config.forge', 'config.eyrie'];
  const section = (prefix: string) =>
    rows.filter(({ option }) => sectionOf(option) === prefix && !groups.includes(option)).map(({ row }) => row);
  const page = [
    '# Options of compute environments',
    '',
    'The body of `POST /v1/compute-environments`, the file of `eyrie compute create -f FILE`, and what `/plan` takes. Names are those of',
    "Seqera Platform's API, so that an export of its compute environments is taken as it is. What is left out, or null, has its default, but for the",
    'options where null is said to mean something. All that is wrong is told at once, each with its option and what to do; an option that does not exist is',
    'refused with the one that was meant.',
    '',
    ...HEAD,
    ...section(''),
    '',
    ...SECTIONS.flatMap(([title, prefix]) => [`## ${title}`, '', ...HEAD, ...section(prefix), '']),
    '## What options demand of each other',
    '',
    '| rule | | options |',
    '| --- | --- | --- |',
    ...RULES.map(
      ({ name, says, reads }) =>
        `| ${name} | ${cell(says)} | ${reads.map((option) => `\`config.${option}\``).join(', ')} |`,
    ),
    '',
    '## What is left out of account',
    '',
    'An export holds more than can be set. These members are accepted, and named in `warnings`.',
    '',
    '| member | it |',
    '| --- | --- |',
    ...Object.entries(IGNORED).flatMap(([at, members]) =>
      Object.entries(members).map(([name, why]) => `| \`${at}${name}\` | ${cell(why)} |`),
    ),
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot('../../../docs/reference/compute-options.md');
});

test('each option says what it is for', () => {
  const schema = z.toJSONSchema(ComputeBodySchema, { io: 'input', unrepresentable: 'any' }) as Schema;
  const options = rowsOf('', schema, false).filter((row) => !/^\| `[^`]*(\[\]|account)/.test(row));
  expect(options.length).toBeGreaterThan(70);
  expect(options.filter((row) => row.endsWith('|  |'))).toEqual([]);
});
