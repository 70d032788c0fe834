import type { Examples } from './examples.ts';
import { AT, KEY, operation, SESSION_KEYS, stream } from './workspaces.ts';

const BUCKET = 'gen3wf-localhost-42';
const WHERE = { bucket: BUCKET, workdir: `s3://${BUCKET}/ga4gh-tes`, region: 'us-east-1' } as const;
const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const ITEM = {
  ...{ id: 'localhost.42', user: '42', environment: 'localhost', account: '111122223333', ...WHERE },
  ...{ kmsKeyArn: KEY_ARN, phase: 'ready', emptying: null, operation: null },
  resources: [{ type: 'AWS::S3::Bucket', id: BUCKET, name: BUCKET, origin: 'created', step: 'bucket' }],
  ...{ stuck: null, error: null, unwindingSince: null, interventions: [], leftovers: [], createdAt: AT, updatedAt: AT },
};

const STEPS = [
  { name: 'bucket', state: 'done', attempt: 1, since: AT, waitingFor: null, lastError: null, expectedMs: 120_000 },
];

const STORAGE = { ...ITEM, steps: STEPS };

const EMPTYING = {
  ...STORAGE,
  phase: 'emptying',
  operation: { ...operation('deleteStorage', 'operator:olga'), workflowId: 'storage/localhost/42' },
  emptying: { removed: 120_000, uploads: 3, perSecond: 4_000, startedAt: AT, updatedAt: AT },
};

const progress = (what: string) => ({
  message: `the bucket is being ${what}`,
  bucket: BUCKET,
  details: 'GET /v1/storage/localhost.42 shows how far it is',
});

const CONFIG = `plugins {
    id 'nf-ga4gh'
}

process {
    executor = 'tes'
    container = 'quay.io/nextflow/bash'
}

tes {
    endpoint = 'https://eyrie.example.org/ga4gh/tes'
    oauthToken = System.getenv('GEN3_TOKEN')
}

workDir = 's3://${BUCKET}/ga4gh-tes'
`;

export const STORAGE_EXAMPLES: Examples = {
  createStorageSession: {
    body: {
      'all of one’s bucket, for an hour': {},
      'one directory, to read': { prefix: 'task1/', readOnly: true, ttlSeconds: 900 },
    },
    answers: {
      201: {
        ...KEY,
        ...{ sessionToken: 'jevb2ESBMPCeEXAMPLETOKEN', expiration: '2026-11-21T12:00:00.000Z', bucket: BUCKET },
        ...{ region: 'us-east-1', endpoint: 'https://eyrie.example.org/s3', rights: ['read'], prefix: 'task1/' },
        warnings: [],
      },
    },
  },
  revokeStorageSessions: { body: { 'one’s own': {}, 'those of somebody, for operators': { user: '42' } } },
  setUpStorage: { answers: { 200: WHERE, 202: WHERE } },
  showOwnStorage: { answers: { 200: { ...WHERE, kms_key_arn: KEY_ARN, state: 'ready' } } },
  emptyUserBucket: { answers: { 202: progress('emptied') } },
  deleteUserBucket: { answers: { 202: progress('deleted') } },
  getStorageNextflowConfig: { answers: { 200: CONFIG } },
  getContainerCredentials: { answers: { 200: SESSION_KEYS } },
  listStorage: { answers: { 200: { items: [ITEM], nextCursor: null } } },
  showStorage: { answers: { 200: STORAGE } },
  followStorage: { answers: { 200: stream('storage', STORAGE) } },
  emptyStorage: { answers: { 200: STORAGE, 202: EMPTYING } },
  deleteStorage: { answers: { 202: { ...EMPTYING, phase: 'deleting' } } },
  retryStorage: { body: { 'all steps that wait': {}, 'one step': { step: 'bucket' } }, answers: { 202: EMPTYING } },
  abandonStorageStep: {
    body: { 'a step of a removal': { step: 'bucket', reason: 'the bucket is under legal hold' } },
    answers: { 202: EMPTYING },
  },
};
