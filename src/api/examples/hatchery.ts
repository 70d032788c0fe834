import type { Examples } from './examples.ts';
import { A_BLOCK, A_PAY_MODEL, AT, CONFIG, KEY, LAUNCHING, PARKING } from './workspaces.ts';

export const HATCHERY_EXAMPLES: Examples = {
  hatcheryLaunch: {
    body: {
      'the container’s block and the current pay model': {
        user: 'test@example.com',
        nextflow: A_BLOCK,
        nextflowGlobal: { 's3-objects-expiration-days': 30, 'sample-config-public-image': 'quay.io/nextflow/bash' },
        payModel: A_PAY_MODEL,
      },
    },
    answers: { 200: KEY, 202: LAUNCHING },
  },
  hatcheryTerminate: {
    body: {
      'a user': { user: 'test@example.com' },
      'a name that was escaped for HTML': { user: 'o&#39;neil@example.com', userIsEscaped: true },
      'only if it is as it was listed as expected': { user: 'test@example.com', unchangedSince: AT },
    },
    answers: { 202: PARKING },
  },
  hatcheryExpected: {
    answers: {
      200: {
        items: [{ id: 'localhost.test-40example-2ecom', user: 'test@example.com', phase: 'running', updatedAt: AT }],
        nextCursor: null,
      },
    },
  },
  hatcheryNextflowConfig: { answers: { 200: CONFIG } },
};
