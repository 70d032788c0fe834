import { expect, test } from 'vitest';
import { renderComputeNextflowConfig } from '#domain/compute/nextflow-config.ts';
import { aCompute as anyCompute, aPool, type ComputeOverrides } from '../compute-input.ts';

const aCompute = (overrides: ComputeOverrides = {}) => anyCompute({ forgeId: 'a1b2c3d4e5f6g7h8i9j0', ...overrides });
const configOf = (overrides: ComputeOverrides, share?: string) =>
  renderComputeNextflowConfig(aCompute(overrides), share);

test('the configuration of EC2 mode', async () => {
  await expect(configOf({})).toMatchFileSnapshot('../golden/compute-ec2.config');
});

test('the configuration of Spot with Fusion, NVMe disks, pools and a share', async () => {
  const text = configOf(
    {
      config: {
        waveEnabled: true,
        fusion2Enabled: true,
        fusionSnapshots: true,
        nvnmeStorageEnabled: true,
        maxQueueSize: 500,
        computeJobRole: 'arn:aws:iam::123456789012:role/tasks',
        nextflowConfig: "process.errorStrategy = 'retry'",
        environment: [
          { name: 'A', value: "it's", head: false, compute: true },
          { name: 'B', value: 'x', head: true, compute: false },
        ],
      },
      forge: { type: 'SPOT', dragenEnabled: true },
      eyrie: {
        pools: [aPool({ name: 'gpu', label: 'gpu', gpuEnabled: true })],
        fairShare: { shareDecaySeconds: 0, computeReservation: 0, shares: [{ identifier: 'lab*', weight: 1 }] },
      },
    },
    'lab7',
  );
  await expect(text).toMatchFileSnapshot('../golden/compute-spot.config');
});

test('reclaimed instances are tried again wherever a pool has Spot, and nowhere else', () => {
  expect(configOf({})).toContain('maxSpotAttempts = 0\n');
  expect(configOf({ forge: { type: 'SPOT' } })).toContain('maxSpotAttempts = 5\n');
  expect(configOf({ eyrie: { pools: [aPool({ type: 'SPOT' })] } })).toContain('maxSpotAttempts = 5\n');
});

test('tasks see the file system, and work in it', () => {
  const text = configOf({ config: { workDir: '/data/work' }, forge: { efsCreate: true, efsMount: '/data' } });
  expect(text).toContain("volumes = ['/data']\n");
  expect(text).toContain("\nworkDir = '/data/work'\n");
});

test('without Wave and Fusion tasks have a CLI: that of the options, or the one that is installed', () => {
  expect(configOf({})).toContain("cliPath = '/opt/nextflow/aws-cli/bin/aws'\n");
  expect(configOf({ config: { cliPath: '/opt/cli/bin/aws' } })).toContain("cliPath = '/opt/cli/bin/aws'\n");
  expect(configOf({ config: { waveEnabled: true, fusion2Enabled: true } })).not.toContain('cliPath');
});

test('who names no share gets the first one that is listed by its whole name', () => {
  const share = (identifiers: readonly string[], named?: string) => {
    const shares = identifiers.map((identifier) => ({ identifier, weight: 1 }));
    const text = configOf({ eyrie: { fairShare: { shareDecaySeconds: 0, computeReservation: 0, shares } } }, named);
    return /shareIdentifier = '(.*)'/.exec(text)?.[1];
  };
  expect(share(['a*', 'b'])).toBe('b');
  expect(share(['a*'])).toBe('default');
  expect(share(['b'], 'c')).toBe('c');
  expect(configOf({})).not.toContain('shareIdentifier');
});
