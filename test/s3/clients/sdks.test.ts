/** Clients on SDKs that share nothing with the others': C++, Rust, Ruby, Go, C. What they see equals what they see directly. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awsEnv, check, HOME, MINIO_GO, rcloneEnv, SDKS } from './run.ts';
import { startTargets, type Target, type Targets } from './targets.ts';

let targets: Targets;
beforeAll(async () => {
  targets = await startTargets();
});
afterAll(() => targets?.stop());

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

interface Choice {
  /** The client knows no path in an endpoint. */
  readonly root?: boolean;
  /** It takes a certificate authority. */
  readonly tls?: boolean;
}

const compare = async (drive: (target: Target) => Promise<string>, { root = false, tls = true }: Choice) => {
  const see = async (target: Target): Promise<unknown> => JSON.parse(await drive(target));
  const expected = await see(await targets.direct());
  for (const target of await targets.proxied(root)) {
    if (target.ca === undefined || tls) expect(await see(target), target.name).toEqual(expected);
  }
};

test.each<[string, Choice]>([
  ['pyarrow', { root: true }],
  ['obstore', {}],
  ['opendal', { tls: false }],
  ['s3fs', {}],
  ['pysam', { root: true, tls: false }],
])('%s', async (client, choice) => {
  const drive = (target: Target) => check(SDKS, [here('./sdks_run.py'), client, JSON.stringify(target)]);
  await compare(drive, choice);
});

test('AWS SDK for Ruby', async () => {
  await compare((target) => check('ruby', [here('./ruby_run.rb'), JSON.stringify(target)]), {});
});

// The gateway itself takes the frames of minio-go for broken, so there is no yardstick but what was uploaded.
test('minio-go', async () => {
  for (const target of await targets.proxied(true)) {
    const results = JSON.parse(await check(MINIO_GO, [JSON.stringify(target)], awsEnv(target))) as object;
    const wrong = Object.entries(results).filter(([name, result]) => result !== 'same' && name !== 'left');
    expect(wrong, target.name).toEqual([['missing', 'NoSuchKey']]);
  }
});

/** Reads of 4 bases each, one in a hundred positions. */
const READS = [
  '@HD\tVN:1.6\tSO:coordinate',
  '@SQ\tSN:chr1\tLN:1000000',
  ...Array.from({ length: 9_000 }, (_, at) => `r${at}\t0\tchr1\t${at * 100 + 1}\t60\t4M\t*\t0\t0\tACGT\tIIII`),
].join('\n');

test('samtools with odd names', async () => {
  const folder = mkdtempSync(join(targets.folder, 'reads-'));
  const [reads, local] = [join(folder, 'reads.sam'), join(folder, 'reads.bam')];
  writeFileSync(reads, `${READS}\n`);
  await check('samtools', ['view', '-b', '-o', local, reads]);
  await check('samtools', ['index', local]);
  const drive = async (target: Target): Promise<string> => {
    const [scheme, host] = target.endpoint.split('://');
    const env = {
      ...awsEnv(target),
      HTS_S3_HOST: host,
      HTS_S3_ADDRESS_STYLE: 'path',
    };
    const counts: string[] = [];
    for (const name of ['plain.bam', 'dir/sp ace.bam', 'pl+us.bam', 'a=b&c.bam', "it's.bam", 'tilde~.bam']) {
      const url = `s3+${scheme}://${target.bucket}/${name}`;
      await check('samtools', ['view', '--no-PG', '-b', '-o', url, local], env);
      counts.push(await check('samtools', ['view', '-c', url], env));
      counts.push(await check('samtools', ['view', '-c', '-X', url, `${local}.bai`, 'chr1:600000-650000'], env));
    }
    return JSON.stringify(counts);
  };
  // htslib's libcurl takes no certificate authority of the test's.
  await compare(drive, { root: true, tls: false });
});

const ODD_NAMES = [
  ' leading',
  'trailing ',
  'tab\there',
  'line\nfeed',
  'back\\slash',
  '"quoted"',
  "it's",
  '<&>',
  '%2F',
  '%',
  '.hidden',
  'dot.',
  'a+b=c',
  'question?',
  'hash#',
  'é',
  'e\u0301',
  '日本 🐦',
  'x'.repeat(200),
];

test('rclone with odd names', async () => {
  const folder = mkdtempSync(join(targets.folder, 'odd-'));
  for (const name of ODD_NAMES) writeFileSync(join(folder, name), `body of ${name}`);
  const drive = async (target: Target): Promise<string> => {
    const rclone = (...args: string[]) => check(join(HOME, 'rclone'), args, rcloneEnv(target));
    await rclone('copy', folder, `r:${target.bucket}/up`);
    await rclone('copy', `r:${target.bucket}/up`, `r:${target.bucket}/copied`);
    await rclone('check', '--download', folder, `r:${target.bucket}/copied`);
    const listed = await rclone('lsjson', '-R', '--files-only', '--no-modtime', '--no-mimetype', `r:${target.bucket}`);
    await rclone('purge', `r:${target.bucket}/up`);
    const left = await rclone('lsjson', '-R', '--files-only', '--no-modtime', '--no-mimetype', `r:${target.bucket}`);
    const names = (json: string) =>
      (JSON.parse(json) as { Path: string; Size: number }[]).map((file) => [file.Path, file.Size]);
    return JSON.stringify([names(listed).sort(), names(left).sort()]);
  };
  await compare(drive, {});
});
