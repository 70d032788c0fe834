import { expect, test } from 'vitest';
import { parseConfig } from '#config/load.ts';
import { writeRatesOf } from '#config/writes.ts';

const parse = (writesPerSecond: object, scale = 1) =>
  parseConfig({
    environment: 'brh.data-commons.org',
    aws: { region: 'us-east-1', controlBucket: 'eyrie-control', writesPerSecond },
    sealingKeys: [{ id: 'a', key: Buffer.alloc(32, 1).toString('base64') }],
    auth: { issuer: 'https://issuer.example.org' },
    timing: { scale },
  });

test('unless told otherwise, IAM and Batch take five writes a second, and jobs stay under fifty', () => {
  const rates = writeRatesOf(parse({}));
  expect(rates).toMatchObject({ iam: { perSecond: 5, burst: 10 }, batch: { perSecond: 5, burst: 10 } });
  expect(rates.batchJobs?.perSecond).toBeLessThan(50);
});

test('0 takes a limit away, and less than one a second still lets one through', () => {
  const rates = writeRatesOf(parse({ iam: 0, batch: 0.2 }));
  expect(rates.iam).toBeUndefined();
  expect(rates.batch).toEqual({ perSecond: 0.2, burst: 1 });
});

test('the scale of the windows speeds writes up, never down; at 0 nothing is held back', () => {
  expect(writeRatesOf(parse({ iam: 5 }, 0.1)).iam?.perSecond).toBe(50);
  expect(writeRatesOf(parse({ iam: 5 }, 10)).iam?.perSecond).toBe(5);
  expect(writeRatesOf(parse({}, 0))).toEqual({});
});
