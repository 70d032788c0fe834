/**
 * What an instance does at its first boot, before the ECS agent takes jobs: the agent waits for a mark that only a set-up
 * sets which has come to its end. One that fails says why on the console, and turns the instance off: Batch makes
 * another one, and nobody pays for one that does nothing.
 *
 * It may run again: what is done is left as it is. Each value of a user stands in single quotes.
 */
import { adoptedTags } from '../core/ownership.ts';
import { subjectId } from '../core/subject.ts';
import type { ImageFamily } from '../resources/instance.ts';
import { autoscaleLines } from './boot-autoscale.ts';
import { CLI_PATH, INSTALL_CLI, usesCli } from './boot-cli.ts';
import type { ComputeConfig } from './config.ts';
import type { ComputeInput } from './input.ts';
import { computeNames } from './names.ts';
import { efsMountOf, lustreMountOf } from './places.ts';
import { computeSubject } from './subject.ts';

/** Stand for what is known only once the file systems are made. The step that makes the template fills them in. */
export const PLACEHOLDERS = {
  efsId: '{{efsId}}',
  lustreDnsName: '{{lustreDnsName}}',
  lustreMountName: '{{lustreMountName}}',
} as const;

export const BOOT_PATH = '/usr/local/sbin/eyrie-boot';

/** Where NVMe disks are mounted: Tower Forge's own path, which Fusion's documentation names. */
export const SCRATCH_PATH = '/scratch/fusion';

/** On the console where no job will ever start on this instance; the reason follows. */
export const BOOT_FAILED_MARKER = 'eyrie: this instance could not be set up';

/** On the console once it takes jobs. */
export const BOOT_READY_MARKER = 'eyrie: this instance is ready';

/** The agent's unit looks for it. */
export const READY_FILE = '/var/lib/eyrie/ready';

export const bootScript = (family: ImageFamily, input: ComputeInput): string => {
  const { config } = input;
  const efs = efsMountOf(config);
  const lustre = lustreMountOf(config);
  const needsCli = usesCli(config) && config.cliPath === null;
  return [
    ...HEAD,
    ...PACKAGES[family],
    '',
    ...ecsConfig(config),
    ...KERNEL,
    ...(config.nvnmeStorageEnabled ? SCRATCH : []),
    ...(efs ? mountEfs(input, efs.existing ?? PLACEHOLDERS.efsId, efs.path) : []),
    ...(lustre ? mountLustre(family, lustre.existing ?? PLACEHOLDERS.lustreDnsName, lustre.path) : []),
    ...(needsCli ? INSTALL_CLI[family] : []),
    ...(config.forge.ebsAutoScale ? autoscale(input) : []),
    ...END,
    '',
  ].join('\n');
};

/** Bash's single quotes: nothing is expanded within, and nothing ends them but themselves. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Turned off only after two minutes, so that the console can be read. */
const HEAD = [
  '#!/bin/bash',
  '# Written by Eyrie. Instances are replaced, not changed: edits here are lost.',
  'set -Eeuo pipefail',
  'exec > >(tee -a /var/log/eyrie-boot.log /dev/console) 2>&1',
  'failed() {',
  `  echo "${BOOT_FAILED_MARKER}: line $1, \${2%%$'\\n'*}" > /dev/console`,
  '  systemctl mask --now --no-block ecs || true',
  '  shutdown -h +2',
  '  exit 1',
  '}',
  `trap 'failed "$LINENO" "$BASH_COMMAND"' ERR`,
  'retry() {',
  '  local try',
  '  for try in 1 2 3 4 5 6; do "$@" && return 0; sleep $((try * 5)); done',
  `  failed "\${BASH_LINENO[0]}" "$* (tried 6 times)"`,
  '}',
  '# path, what is mounted there, type, options',
  'mounted() {',
  '  mkdir -p "$1"',
  `  grep -qs " $1 " /etc/fstab || echo "$2 $1 $3 $4,nofail 0 0" >> /etc/fstab`,
  '  mountpoint -q "$1" || retry mount "$1"',
  '}',
];

/**
 * Amazon Linux's own repositories alone: their mirrors lie in S3 of the region. Others, such as those of images for GPUs,
 * may be out of reach, and would stop every installation.
 */
const PACKAGES: Readonly<Record<ImageFamily, readonly string[]>> = {
  AL2023: ['packages() { retry dnf install --assumeyes --disablerepo=\'*\' --enablerepo=amazonlinux "$@"; }'],
  AL2: ["packages() { retry yum install --assumeyes --disablerepo='*' --enablerepo='amzn2*' \"$@\"; }"],
};

/** @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-agent-config.html */
const AGENT = [
  'ECS_IMAGE_PULL_BEHAVIOR=once',
  'ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE=true',
  'ECS_ENABLE_SPOT_INSTANCE_DRAINING=true',
  'ECS_CONTAINER_CREATE_TIMEOUT=10m',
  'ECS_CONTAINER_START_TIMEOUT=10m',
  'ECS_CONTAINER_STOP_TIMEOUT=10m',
  'ECS_MANIFEST_PULL_TIMEOUT=10m',
  // Many tasks ask for their credentials at once.
  'ECS_TASK_METADATA_RPS_LIMIT=100,150',
];

/** Batch adds the cluster's name to the same file. The last line of a name counts: a user's wins over these. */
const ecsConfig = ({ forge }: ComputeConfig): string[] => {
  const own = (forge.ecsConfig ?? '').split(/\r?\n/).filter((line) => line.trim() !== '');
  return [
    'mkdir -p /etc/ecs',
    "grep -qsx '# Eyrie' /etc/ecs/ecs.config || printf '%s\\n' '# Eyrie' \\",
    ...[...AGENT, ...own].map((line) => `  ${quoted(line)} \\`),
    '  >> /etc/ecs/ecs.config',
    '',
  ];
};

/** What is written goes to disk early and steadily: 1.2 GiB of it waiting stop writers, 600 MiB wake the kernel. */
const KERNEL = [
  "printf '%s\\n' 'vm.dirty_bytes = 1258291200' 'vm.dirty_background_bytes = 629145600' > /etc/sysctl.d/90-eyrie.conf",
  'sysctl --system > /dev/null',
  '',
];

const SCRATCH = [
  "mapfile -t disks < <(lsblk --nodeps --noheadings --paths --output NAME,MODEL | awk '/EC2 NVMe Instance Storage/ { print $1 }')",
  'if mountpoint -q /scratch/fusion; then',
  '  :',
  `elif [ "\${#disks[@]}" = 0 ]; then`,
  "  echo 'no NVMe disks here: the root volume is used'",
  'else',
  `  disk=\${disks[0]}`,
  `  if [ "\${#disks[@]}" -gt 1 ]; then`,
  '    command -v vgcreate > /dev/null || packages lvm2',
  '    disk=/dev/scratch/fusion',
  '    if [ ! -e "$disk" ]; then',
  `      vgcreate --yes scratch "\${disks[@]}"`,
  `      lvcreate --yes --wipesignatures y --extents 100%FREE --stripes "\${#disks[@]}" --name fusion scratch`,
  '    fi',
  '  fi',
  '  blkid --match-token TYPE=xfs "$disk" > /dev/null || mkfs.xfs -f "$disk"',
  '  mounted /scratch/fusion "$disk" xfs defaults,noatime',
  'fi',
  'mkdir -p /scratch/fusion',
  'chmod 1777 /scratch/fusion',
  '',
];

/** A file system in one zone has a name of that zone, for clients in the others. */
const mountEfs = ({ config, account }: ComputeInput, id: string, path: string): string[] => {
  const domain = `efs.${config.region}.amazonaws.com${account.region.startsWith('cn-') ? '.cn' : ''}`;
  return [
    'command -v mount.nfs4 > /dev/null || packages nfs-utils',
    'find_efs() {',
    '  local zone',
    `  for zone in '' ${['a', 'b', 'c', 'd', 'e', 'f'].map((zone) => `${config.region}${zone}.`).join(' ')}; do`,
    `    efs="$zone"${quoted(`${id}.${domain}`)}`,
    '    getent hosts "$efs" > /dev/null && return 0',
    '  done',
    '  return 1',
    '}',
    'retry find_efs',
    `mounted ${quoted(path)} "$efs:/" nfs4 nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport,_netdev`,
    `chmod 1777 ${quoted(path)}`,
    '',
  ];
};

const LUSTRE_CLIENT: Readonly<Record<ImageFamily, string>> = {
  AL2023: 'packages lustre-client',
  AL2: '{ amazon-linux-extras enable lustre && packages lustre-client; }',
};

const mountLustre = (family: ImageFamily, host: string, path: string): string[] => [
  `command -v mount.lustre > /dev/null || ${LUSTRE_CLIENT[family]}`,
  `mounted ${quoted(path)} ${quoted(`${host}@tcp:/${PLACEHOLDERS.lustreMountName}`)} lustre defaults,relatime,flock,_netdev`,
  `chmod 1777 ${quoted(path)}`,
  '',
];

/** GB of a volume, where the options say nothing. */
const BLOCK_GB = 50;

const autoscale = (input: ComputeInput): string[] => {
  const { config, environment } = input;
  const owner = { kind: 'compute-environment', id: subjectId(computeSubject(input)), run: '', environment } as const;
  const tags = Object.entries({ Name: computeNames(input).main, ...input.labels, ...adoptedTags(owner) });
  const values = {
    CLI: config.cliPath ?? CLI_PATH,
    REGION: config.region,
    GB: String(config.forge.ebsBlockSize ?? BLOCK_GB),
    KEY: config.eyrie.kmsKeyId ?? '',
    TAGS: JSON.stringify([{ ResourceType: 'volume', Tags: tags.map(([Key, Value]) => ({ Key, Value })) }]),
  };
  return [...autoscaleLines(Object.entries(values).map(([name, value]) => `${name}=${quoted(value)}`))];
};

/** The agent is not waited for: it starts after cloud-init is done, and this is part of that. */
const END = [
  `mkdir -p ${READY_FILE.replace(/\/[^/]*$/, '')}`,
  `touch ${READY_FILE}`,
  `echo '${BOOT_READY_MARKER}' > /dev/console`,
  'systemctl daemon-reload',
  'systemctl enable --now --no-block ecs',
];
