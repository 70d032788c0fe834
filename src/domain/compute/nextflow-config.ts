/** The `nextflow.config` of a compute environment: all that follows from its options. Same options, same text. */
import { quote } from '../core/groovy.ts';
import { CLI_PATH, usesCli } from './boot-cli.ts';
import { SCRATCH_PATH } from './boot-script.ts';
import type { ComputeConfig } from './config.ts';
import type { ComputeInput } from './input.ts';
import { computeNames } from './names.ts';
import { efsMountOf, lustreMountOf } from './places.ts';
import { jobRolesOf, logGroupOf } from './policies.ts';
import { poolsOf } from './pools.ts';
import { ownerTagOf, ownShareOf, sharesInstances } from './tenancy.ts';

/** Reclaimed Spot instances are AWS's doing, not the task's: without this Nextflow (24.10 on) counts them as failures. */
const SPOT_ATTEMPTS = 5;

/** The share of who names none, where none is listed by its whole name. */
const SHARE = 'default';

/** @param share under fair share, whose share tasks take; left out: the first one that is listed by its whole name */
export const renderComputeNextflowConfig = (input: ComputeInput, share?: string): string => {
  const { config } = input;
  const pools = poolsOf(input);
  const tasks = pools.find(({ role }) => role === 'both' || role === 'work');
  const labelled = pools.flatMap(({ label, queue }) => (label === null ? [] : [{ label, queue }]));
  const variables = config.environment.filter(({ compute }) => compute);
  return [
    'plugins {',
    "    id 'nf-amazon'",
    '}',
    '',
    'process {',
    "    executor = 'awsbatch'",
    `    queue = ${quote(tasks?.queue ?? '')}`,
    ...ownerLabel(input),
    // Fusion writes to S3 by itself: a copy in between would only cost.
    ...(config.fusion2Enabled ? ['    scratch = false'] : []),
    ...labelled.flatMap(({ label, queue }) => [
      `    withLabel: ${quote(label)} {`,
      `        queue = ${quote(queue)}`,
      '    }',
    ]),
    '}',
    '',
    ...block('executor', config.maxQueueSize === null ? [] : [`    queueSize = ${config.maxQueueSize}`]),
    ...block(
      'env',
      variables.map(({ name, value }) => `    ${name} = ${quote(value)}`),
    ),
    'aws {',
    `    region = ${quote(config.region)}`,
    '    batch {',
    ...batch(input, share).map((line) => `        ${line}`),
    '    }',
    '}',
    '',
    ...block('wave', config.waveEnabled ? ['    enabled = true'] : []),
    ...block('fusion', fusion(config)),
    `workDir = ${quote(config.workDir)}`,
    '',
    ...(config.nextflowConfig === null
      ? []
      : ['// Of the options of the compute environment.', config.nextflowConfig, '']),
  ].join('\n');
};

/** Tags of jobs: where others run, too, one that carries it can be ended by its owner alone. */
const ownerLabel = (input: ComputeInput): string[] => {
  if (!sharesInstances(input)) return [];
  const { key, value } = ownerTagOf(input);
  return [`    resourceLabels = [${quote(key)}: ${quote(value)}]`];
};

const block = (name: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`${name} {`, ...lines, '}', ''];

const batch = (input: ComputeInput, share: string | undefined): string[] => {
  const { config } = input;
  const { compute, execution } = jobRolesOf(input);
  const isSpot = poolsOf(input).some(({ type }) => type === 'SPOT');
  const volumes = volumesOf(config);
  return [
    ...(usesCli(config) ? [`cliPath = ${quote(config.cliPath ?? CLI_PATH)}`] : []),
    ...(compute === null ? [] : [`jobRole = ${quote(compute)}`]),
    `executionRole = ${quote(execution)}`,
    `logsGroup = ${quote(logGroupOf(input, computeNames(input)))}`,
    ...(volumes.length === 0 ? [] : [`volumes = [${volumes.map(quote).join(', ')}]`]),
    `maxSpotAttempts = ${isSpot ? SPOT_ATTEMPTS : 0}`,
    '// A job that no instance can hold fails instead of waiting for ever (from 25.04 on).',
    'terminateUnschedulableJobs = true',
    ...(config.eyrie.fairShare || sharesInstances(input)
      ? [`shareIdentifier = ${quote(ownShareOf(input) ?? share ?? shareOf(config))}`]
      : []),
  ];
};

/** Directories of instances that tasks see. */
const volumesOf = (config: ComputeConfig): string[] => [
  ...[efsMountOf(config), lustreMountOf(config)].flatMap((mount) => (mount ? [mount.path] : [])),
  // Fusion keeps its cache where temporary files lie.
  ...(config.nvnmeStorageEnabled ? [`${SCRATCH_PATH}:/tmp`] : []),
];

const shareOf = ({ eyrie }: ComputeConfig): string =>
  eyrie.fairShare?.shares.find(({ identifier }) => !identifier.endsWith('*'))?.identifier ?? SHARE;

const fusion = ({ fusion2Enabled, fusionSnapshots }: ComputeConfig): string[] => [
  ...(fusion2Enabled ? ['    enabled = true'] : []),
  ...(fusionSnapshots ? ['    snapshots = true'] : []),
];
