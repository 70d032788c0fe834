/**
 * User data of the launch template, in MIME multi-part because Batch merges its own part into it. The same whitelist
 * gives the same bytes, so that the template gets a new version only when something changed.
 */
import { expandWhitelist } from './policies.ts';
import type { ImageFamily } from './specs.ts';

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
 * AL2023 has no package `aws-cli`, and the one it has (`awscli-2`) lies in `/usr`, which must not be mounted. The ECS
 * agent starts after cloud-init is done, so no job sees a half-installed CLI.
 */
const cloudConfigAl2023 = (logins: readonly string[]): string[] => {
  const home = CLI_PATH.AL2023.replace(/\/bin\/aws$/, '');
  const archive = `https://awscli.amazonaws.com/awscli-exe-linux-$(uname -m)-${AWS_CLI_VERSION}.zip`;
  const install = [
    `test -x ${CLI_PATH.AL2023} || {`,
    `curl --fail --silent --show-error --retry 10 --retry-all-errors --output /tmp/aws-cli.zip ${archive} &&`,
    'unzip -q -o /tmp/aws-cli.zip -d /tmp &&',
    `mkdir -p ${home}/bin &&`,
    `cp -R /tmp/aws/dist ${home}/dist &&`,
    `ln -sf ../dist/aws ${home}/bin/aws &&`,
    'rm -rf /tmp/aws /tmp/aws-cli.zip; }',
  ].join(' ');
  return ['packages:', '- unzip', '', ...runcmd([install, `export PATH=${home}/bin:$PATH`, ...logins])];
};
