import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CLI_PATH, launchTemplateUserData, privateRepositories } from '#domain/workspace/user-data.ts';

const golden = (name: string) => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');

const IMAGES = [
  'quay.io/nextflow/bash:latest',
  '143731057154.dkr.ecr.us-east-1.amazonaws.com/nextflow-approved/public:*',
  '143731057154.dkr.ecr.us-east-1.amazonaws.com/nextflow-approved/{{username}}:*',
  '999999999999.dkr.ecr.eu-west-1.amazonaws.com/tools',
];
const parts = { imageWhitelist: IMAGES, escapedUser: 'test-40example-2ecom', region: 'us-east-1' };

test('repositories keep their order, lose their tag, get the user in, and are ECR only', () => {
  expect(privateRepositories(IMAGES, 'test-40example-2ecom')).toEqual([
    '143731057154.dkr.ecr.us-east-1.amazonaws.com/nextflow-approved/public',
    '143731057154.dkr.ecr.us-east-1.amazonaws.com/nextflow-approved/test-40example-2ecom',
    '999999999999.dkr.ecr.eu-west-1.amazonaws.com/tools',
  ]);
});

describe.each(['AL2', 'AL2023'] as const)('user data for %s', (family) => {
  test('is these bytes', () => {
    expect(launchTemplateUserData(family, parts)).toBe(golden(`user-data-${family}.txt`));
  });

  test('without private images runs no login', () => {
    const text = launchTemplateUserData(family, { ...parts, imageWhitelist: ['quay.io/nextflow/bash:latest'] });
    expect(text).not.toContain('docker login');
  });
});

test('AL2 without private images has an empty list of commands', () => {
  expect(launchTemplateUserData('AL2', { ...parts, imageWhitelist: [] })).toContain('\nruncmd: []\n');
});

test('the CLI lies two levels below a directory of its own, since Nextflow mounts that directory', () => {
  for (const path of Object.values(CLI_PATH)) {
    expect(path).toMatch(/^\/(?!usr\/|bin\/|lib).+\/[^/]+\/bin\/aws$/);
  }
  expect(launchTemplateUserData('AL2023', parts)).toContain(`ln -s ../dist/aws ${CLI_PATH.AL2023}`);
});
