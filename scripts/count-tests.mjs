/** `node scripts/count-tests.mjs REPORT STATUS`: "passed failed" of a vitest report; what can't be read has failed. */
import { readFileSync } from 'node:fs';

const [report, status] = process.argv.slice(2);
const counts = () => {
  try {
    const { numPassedTests, numFailedTests, numTotalTests, success } = JSON.parse(readFileSync(report, 'utf8'));
    const failed = numFailedTests + (numTotalTests - numPassedTests - numFailedTests);
    // A file that does not load, or an error outside of a test, fails the run without a failed test.
    const unseen = failed === 0 && (!success || status !== '0' || numTotalTests === 0) ? 1 : 0;
    return [numPassedTests, failed + unseen];
  } catch {
    return [0, 1];
  }
};
process.stdout.write(`${counts().join(' ')}\n`);
