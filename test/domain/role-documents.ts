import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../docs/reference/iam/', import.meta.url);

export const PLACEHOLDERS: Readonly<Record<string, string>> = {
  partition: 'aws',
  accountId: '123456789012',
  region: 'us-east-1',
  environment: 'brh-data-commons-org',
  controlBucket: 'eyrie-control',
  computePrefix: 'TowerForge',
  payModelRoleName: 'csoc_adminvm',
  imageReaderRoleArn: 'arn:aws:iam::999999999999:role/nextflow-imagebuilder-reader',
  computeAccountRoleArns: 'arn:aws:iam::444455556666:role/eyrie-compute',
  imagePipelineArns: 'arn:aws:imagebuilder:us-east-1:999999999999:image-pipeline/nextflow-fips',
  externalId: 'eyrie',
  trustedServices: 'ecs-tasks.amazonaws.com',
  trustedArns: 'arn:aws:iam::123456789012:role/runner',
  workerRoleArn: 'arn:aws:iam::123456789012:role/eyrie-worker',
  apiRoleArn: 'arn:aws:iam::123456789012:role/eyrie-api',
};

export const documentNames = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json') && name !== 'roles.json')
  .map((name) => name.replace('.json', ''));

export const readText = (name: string): string => readFileSync(new URL(`${name}.json`, FOLDER), 'utf8');

/** The published document with this environment's values filled in. */
export const readDocument = (
  name: string,
  values: Readonly<Record<string, string>> = {},
): { Statement: { Action: string | string[]; Effect: string }[] } =>
  JSON.parse(readText(name).replace(/\{\{(\w+)\}\}/g, (text, key: string) => values[key] ?? PLACEHOLDERS[key] ?? text));

export const roles: Record<string, { trust?: string; policies: string[] }> = JSON.parse(readText('roles'));

export const policiesOf = (role: string) => (roles[role]?.policies ?? []).map((name) => readDocument(name));
