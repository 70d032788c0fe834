/** User data of the instances, in MIME multi-part because Batch merges its own part into it. Same options, same bytes. */
import type { ImageFamily } from '../resources/instance.ts';
import type { ComputeInput } from './input.ts';

const BOUNDARY = '==EYRIE==';

export const computeUserData = (_family: ImageFamily, input: ComputeInput): string =>
  [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    'Content-Type: text/cloud-config; charset="us-ascii"',
    '',
    'write_files:',
    '- path: /etc/ecs/ecs.config',
    '  append: true',
    `  content: ${JSON.stringify(`${ecsConfig(input).join('\n')}\n`)}`,
    '',
    `--${BOUNDARY}--`,
    '',
  ].join('\n');

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html */
const ecsConfig = ({ config }: ComputeInput): string[] => [
  'ECS_IMAGE_PULL_BEHAVIOR=once',
  'ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true',
  'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true',
  'ECS_CONTAINER_CREATE_TIMEOUT=10m',
  'ECS_CONTAINER_START_TIMEOUT=10m',
  'ECS_CONTAINER_STOP_TIMEOUT=10m',
  'ECS_MANIFEST_PULL_TIMEOUT=10m',
  ...(config.forge.ecsConfig?.split(/\r?\n/) ?? []),
];
