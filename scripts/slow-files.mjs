/** `node scripts/slow-files.mjs REPORT …`: the files that these vitest reports spent most of their time on. */
import { readFileSync } from 'node:fs';
import { basename, relative } from 'node:path';

const SHOWN = 20;

const filesOf = (report) => {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults.map(({ name, startTime, endTime }) => ({
      tier: basename(report, '.json'),
      file: relative(process.cwd(), name),
      seconds: (endTime - startTime) / 1000,
    }));
  } catch {
    return []; // counted as a failure where reports are counted
  }
};

const slowest = process.argv
  .slice(2)
  .flatMap(filesOf)
  .toSorted((one, other) => other.seconds - one.seconds)
  .slice(0, SHOWN);
for (const { tier, file, seconds } of slowest) console.log(`${seconds.toFixed(0).padStart(5)} s  ${tier}: ${file}`);
