import { CREATES, FORGE_ID } from './compute.ts';
import type { Examples } from './examples.ts';
import { AT } from './workspaces.ts';

const { name, config } = CREATES['the least that it needs'];

const ENTRY = {
  ...{ id: FORGE_ID, name, platform: 'aws-batch', status: 'AVAILABLE', message: null, primary: true },
  ...{ region: config.region, lastUsed: null, workspaceName: null, visibility: null },
  ...{ credentialsId: '111122223333', workDir: config.workDir },
};

const LABEL = { id: 4_503_599_627_370_495, name: 'project', value: 'genomes', resource: true, isDefault: false };

const RECORD = {
  ...{
    id: FORGE_ID,
    name,
    description: null,
    platform: 'aws-batch',
    status: 'AVAILABLE',
    message: null,
    primary: true,
  },
  config: { discriminator: 'aws-batch', ...config, volumes: [], forgedResources: [], deletedResources: [] },
  ...{ credentialsId: '111122223333', awsAccountId: '111122223333', dateCreated: AT, lastUpdated: AT },
  ...{ lastValidated: AT, lastUsed: null, deleted: false, labels: [LABEL] },
  ...{ orgId: null, workspaceId: null, managedIdentityId: null },
};

export const SEQERA_EXAMPLES: Examples = {
  seqeraServiceInfo: {
    answers: {
      200: {
        serviceInfo: {
          ...{ version: 'eyrie 0.1.0', apiVersion: '1.181.0', commitId: '45a4733eb1aeb54ad57cc7ab67d08f6729f7b011' },
          ...{ authTypes: [], userWorkspaceEnabled: true, allowInstanceCredentials: true, waveEnabled: false },
        },
      },
    },
  },
  seqeraUserInfo: {
    answers: {
      200: { user: { id: 1, userName: 'olga', email: null, dateCreated: AT, trusted: true }, needConsent: false },
    },
  },
  seqeraListWorkspaces: { answers: { 200: { orgsAndWorkspaces: [] } } },
  seqeraListCredentials: {
    answers: {
      200: {
        credentials: [
          {
            ...{ id: '111122223333', name: 'aws-111122223333', description: null, provider: 'aws' },
            ...{ discriminator: 'aws', baseUrl: null, category: null, deleted: null, lastUsed: null },
            status: 'AVAILABLE',
          },
        ],
      },
    },
  },
  seqeraListLabels: { answers: { 200: { labels: [LABEL], totalSize: 1 } } },
  seqeraListComputeEnvs: { answers: { 200: { computeEnvs: [ENTRY] } } },
  seqeraCreateComputeEnv: {
    body: {
      'as the command line sends it': {
        computeEnv: {
          ...{ name, platform: 'aws-batch', credentialsId: '111122223333' },
          config: { discriminator: 'aws-batch', ...config, preRunScript: null, volumes: null },
        },
      },
    },
    answers: { 200: { computeEnvId: FORGE_ID } },
  },
  seqeraDescribeComputeEnv: { answers: { 200: { computeEnv: RECORD } } },
  seqeraUpdateComputeEnv: {
    body: { 'another name': { name: 'genomes-2026', description: 'For the sequencing centre' } },
  },
  seqeraValidateComputeEnv: { answers: { 200: { status: 'AVAILABLE', message: null, transientError: false } } },
};
