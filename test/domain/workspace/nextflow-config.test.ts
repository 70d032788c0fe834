import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderNextflowConfig } from '#domain/workspace/nextflow-config.ts';
import { aWorkspace } from '../workspace-input.ts';

const golden = (name: string) => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
const facts = { kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/1111', imageFamily: 'AL2023' } as const;
const global = { 'sample-config-public-image': 'quay.io/nextflow/bash' };

test('the configuration of an EC2 workspace is this', () => {
  expect(renderNextflowConfig(aWorkspace({ global }), facts)).toBe(golden('nextflow.config'));
});

test('Spot workspaces try again when an instance is reclaimed', () => {
  const config = renderNextflowConfig(aWorkspace({ nextflow: { 'compute-environment-type': 'SPOT' } }), facts);
  expect(config).toContain('maxSpotAttempts = 5');
  expect(config).not.toContain('container =');
});

test('the old image has the CLI of its Miniconda', () => {
  const config = renderNextflowConfig(aWorkspace(), { ...facts, imageFamily: 'AL2' });
  expect(config).toContain("cliPath = '/home/ec2-user/miniconda/bin/aws'");
});

test('a value can not end its string', () => {
  const image = "x'; evil()\n\\";
  const config = renderNextflowConfig(aWorkspace({ global: { 'sample-config-public-image': image } }), facts);
  expect(config).toContain("container = 'x\\'; evil()\\n\\\\'\n");
});
