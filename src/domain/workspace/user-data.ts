/**
 * User data of the launch template, in MIME multi-part because Batch merges its own part into it. The same whitelist
 * gives the same bytes, so that the template gets a new version only when something changed.
 */

import type { ImageFamily } from '../resources/instance.ts';
import { expandWhitelist } from './policies.ts';

const BOUNDARY = '==MYBOUNDARY==';

/**
 * Where a job finds the AWS CLI. Nextflow mounts the directory *two* levels above into each container at the same path,
 * so it must hold nothing else and be a path that no image uses: `/usr/bin/aws` would put the host's `/usr` over the
 * container's.
 */
export const CLI_PATH: Readonly<Record<ImageFamily, string>> = {
  /** Miniconda's, part of the images that the AL2 pipelines build. */
  AL2: '/home/ec2-user/miniconda/bin/aws',
  /** Put there by the user data below. */
  AL2023: '/opt/nextflow/aws-cli/bin/aws',
};

/** The bundled CLI brings its own Python; pinned, so that workers don't change by themselves. */
const AWS_CLI_VERSION = '2.27.40';

/** Written to the console of a worker again and again while it has no CLI, and so takes no jobs. */
export const CLI_MISSING_MARKER =
  'eyrie: the AWS CLI could not be installed, and no job starts without it; trying again';

export const launchTemplateUserData = (
  family: ImageFamily,
  parts: { readonly imageWhitelist: readonly string[]; readonly escapedUser: string; readonly region: string },
): string => {
  const logins = privateRepositories(parts.imageWhitelist, parts.escapedUser).map((repository) =>
    registryLogin(repository, parts.region),
  );
  return family === 'AL2' ? mime(cloudConfigAl2(logins)) : mime(cloudConfigAl2023(logins));
};

/** ECR repositories of the whitelist, in its order, without their tags. */
export const privateRepositories = (imageWhitelist: readonly string[], escapedUser: string): string[] =>
  expandWhitelist(imageWhitelist, escapedUser)
    .filter((image) => image.includes('.ecr.'))
    .map((image) => image.split(':')[0] ?? image);

const registryLogin = (repository: string, region: string): string => {
  const registryRegion = /\.ecr\.([a-z0-9-]+)\./.exec(repository)?.[1] ?? region;
  return `aws ecr get-login-password --region ${registryRegion} | docker login --username AWS --password-stdin ${repository}`;
};

const mime = (cloudConfig: readonly string[]): string =>
  [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${BOUNDARY}"`,
    '',
    `--${BOUNDARY}`,
    'Content-Type: text/cloud-config; charset="us-ascii"',
    '',
    ...cloudConfig,
    '',
    `--${BOUNDARY}--`,
    '',
  ].join('\n');

const runcmd = (commands: readonly string[]): string[] =>
  commands.length === 0 ? ['runcmd: []'] : ['runcmd:', ...commands.map((command) => `- ${JSON.stringify(command)}`)];

const cloudConfigAl2 = (logins: readonly string[]): string[] => ['packages:', '- aws-cli', '', ...runcmd(logins)];

/**
 * AL2023 has no package `aws-cli`, and the one it has (`awscli-2`) lies in `/usr`, which must not be mounted. Without the
 * CLI each job on the instance would fail, so the ECS agent, which starts after cloud-init is done, waits for it: here,
 * and once more in its own unit, in case this script has been ended.
 * @see https://github.com/aws/amazon-ecs-agent/blob/master/packaging/amazon-linux-ami-integrated/ecs.service
 */
const cloudConfigAl2023 = (logins: readonly string[]): string[] => {
  const home = CLI_PATH.AL2023.replace(/\/bin\/aws$/, '');
  const archive = `https://awscli.amazonaws.com/awscli-exe-linux-$(uname -m)-${AWS_CLI_VERSION}.zip`;
  const waits = ['[Service]', `ExecStartPre=/usr/bin/test -x ${CLI_PATH.AL2023}`, ''].join('\n');
  // The image is a small one: Python is there (cloud-init is written in it), unzip is not. Python forgets modes.
  const install = [
    'install_cli() {',
    `  test -x ${CLI_PATH.AL2023} && return 0`,
    `  rm -rf /tmp/aws ${home} &&`,
    `  curl --fail --silent --show-error --retry 3 --retry-all-errors --max-time 300 --output /tmp/aws-cli.zip "${archive}" &&`,
    '  python3 -m zipfile --extract /tmp/aws-cli.zip /tmp &&',
    '  chmod 0755 /tmp/aws/dist/aws &&',
    '  /tmp/aws/dist/aws --version &&',
    `  mkdir -p ${home}/bin &&`,
    `  cp -R /tmp/aws/dist ${home}/dist &&`,
    `  ln -s ../dist/aws ${home}/bin/aws &&`,
    '  rm -rf /tmp/aws /tmp/aws-cli.zip',
    '}',
    'until install_cli; do',
    `  echo '${CLI_MISSING_MARKER}' > /dev/console`,
    '  sleep 10',
    'done',
    '',
  ].join('\n');
  return [
    'write_files:',
    '- path: /etc/systemd/system/ecs.service.d/10-eyrie.conf',
    `  content: ${JSON.stringify(waits)}`,
    '',
    ...runcmd(['systemctl daemon-reload', install, `export PATH="${home}/bin:$PATH"`, ...logins]),
  ];
};
