/**
 * User data of the instances, in MIME multi-part because Batch merges its own part into it. Same options, same bytes, so
 * that the template gets a new version only when something changed.
 *
 * Nothing comes from a vendor's host: packages come from Amazon Linux's own repositories, which lie in S3 of the same
 * region, so an endpoint of S3 is all that an instance needs to boot. The script stands in boot-script.ts.
 */
import type { ImageFamily } from '../resources/instance.ts';
import { BOOT_PATH, bootScript, READY_FILE } from './boot-script.ts';
import type { ComputeInput } from './input.ts';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export const USER_DATA_BYTES_MAX = 16_384;

const BOUNDARY = '==EYRIE==';

export const computeUserData = (family: ImageFamily, input: ComputeInput): string =>
  [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    'Content-Type: text/cloud-config; charset="us-ascii"',
    '',
    'write_files:',
    // The agent waits for the mark also where the script below was ended from outside.
    `- path: ${AGENT_WAITS.path}`,
    '  content: |',
    ...AGENT_WAITS.lines.map((line) => `    ${line}`),
    `- path: ${BOOT_PATH}`,
    "  permissions: '0700'",
    '  content: |',
    ...bootScript(family, input)
      .trimEnd()
      .split('\n')
      .map((line) => (line === '' ? '' : `    ${line}`)),
    '',
    'runcmd:',
    `- ${BOOT_PATH}`,
    '',
    `--${BOUNDARY}--`,
    '',
  ].join('\n');

/** @see https://github.com/aws/amazon-ecs-agent/blob/master/packaging/amazon-linux-ami-integrated/ecs.service */
const AGENT_WAITS = {
  path: '/etc/systemd/system/ecs.service.d/10-eyrie.conf',
  lines: ['[Service]', `ExecStartPre=/usr/bin/test -e ${READY_FILE}`],
};
