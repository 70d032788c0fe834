/** `node scripts/failed-tests.mjs REPORT …`: what failed in these vitest reports, by file and name, with why. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** The lines of a failure that say why; its whole text stands in the log of its suite. */
const LINES = 30;
const LONGEST_LINE = 2_000;
/** Frames of the runner itself say nothing. */
const isFrameOfRunner = (line) => /^\s+at (.*node_modules|new Promise)/.test(line);

const indented = (text) =>
  text
    .split('\n')
    .filter((line) => !isFrameOfRunner(line))
    .slice(0, LINES)
    .map((line) => `    ${line.slice(0, LONGEST_LINE)}`)
    .join('\n');

for (const report of process.argv.slice(2)) {
  let suites = [];
  try {
    suites = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch (error) {
    console.log(`${report} can't be read: ${error.message}`);
  }
  for (const suite of suites) {
    const file = relative(process.cwd(), suite.name);
    if (suite.status === 'failed' && suite.message) console.log(`${file} did not run\n${indented(suite.message)}`);
    for (const test of suite.assertionResults.filter(({ status }) => status !== 'passed')) {
      console.log(`${file} > ${test.fullName}: ${test.status}\n${indented(test.failureMessages.join('\n'))}`);
    }
  }
}
