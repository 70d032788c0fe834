/** The `nextflow.config` of a workspace: works as it is, with the workspace's key in the environment. */

import { quote } from '../core/groovy.ts';
import type { ImageFamily } from '../resources/instance.ts';
import type { WorkspaceInput } from './input.ts';
import { workspaceNames } from './names.ts';
import { jobsRoleArn } from './policies.ts';
import { CLI_PATH } from './user-data.ts';

/** Reclaimed Spot instances are AWS's doing, not the task's: without this Nextflow (24.10 on) counts them as failures. */
const SPOT_ATTEMPTS = 5;

export const renderNextflowConfig = (
  workspace: WorkspaceInput,
  facts: { readonly kmsKeyArn: string; readonly imageFamily: ImageFamily },
): string => {
  const { hostname, user, account, nextflow, global } = workspace;
  const names = workspaceNames({ hostname, user, accountId: account.accountId });
  const spot = nextflow['compute-environment-type'] === 'SPOT';
  const container = global['sample-config-public-image'];
  return [
    'plugins {',
    "    id 'nf-amazon'",
    '}',
    '',
    'process {',
    "    executor = 'awsbatch'",
    `    queue = ${quote(names.jobQueue)}`,
    // Without a sample image each process brings its own.
    ...(container === '' ? [] : [`    container = ${quote(container)}`]),
    '}',
    '',
    'aws {',
    `    region = ${quote(account.region)}`,
    '    batch {',
    `        cliPath = ${quote(CLI_PATH[facts.imageFamily])}`,
    `        jobRole = ${quote(jobsRoleArn({ names, accountId: account.accountId, region: account.region }))}`,
    `        maxSpotAttempts = ${spot ? SPOT_ATTEMPTS : 0}`,
    '        // A job that no instance of the environment can hold fails instead of waiting for ever (from 25.04 on).',
    '        terminateUnschedulableJobs = true',
    '    }',
    '    client {',
    "        storageEncryption = 'aws:kms'",
    `        storageKmsKeyId = ${quote(facts.kmsKeyArn)}`,
    '    }',
    '}',
    '',
    `workDir = ${quote(`s3://${names.bucket}/${names.escapedUser}`)}`,
    '',
  ].join('\n');
};
