/**
 * The AWS CLI for Nextflow's tasks, which run in any container: it must bring its own C library and Python, and lie in a
 * directory that no image uses. Amazon Linux's own package, installed into a directory of its own, has all of that; a
 * little script starts it with its own loader.
 * @see https://docs.aws.amazon.com/linux/al2023/ug/barebones-containers.html packages in a directory
 * @see https://docs.seqera.io/nextflow/aws#aws-cli
 */
import type { ImageFamily } from '../resources/instance.ts';
import type { ComputeConfig } from './config.ts';

/** Nextflow mounts the directory *two* levels above into each container, at the same path. */
export const CLI_PATH = '/opt/nextflow/aws-cli/bin/aws';

/** With Wave and Fusion tasks need no CLI: Fusion comes with their containers. */
export const usesCli = ({ waveEnabled, fusion2Enabled }: ComputeConfig): boolean => !(waveEnabled && fusion2Enabled);

const HOME = CLI_PATH.replace(/\/bin\/aws$/, '');

/**
 * What containers call. Links of the package may point to `/etc` and `/usr`, which are the container's there: it names the
 * files themselves. The container's own Python and libraries are kept away.
 */
const WRAPPER = [
  '#!/bin/sh',
  '# The CLI with its own C library and Python, for any container.',
  `root=\${0%/bin/aws}/root`,
  'unset PYTHONPATH LD_LIBRARY_PATH LD_PRELOAD',
  'export PYTHONHOME="$root/usr" PYTHONDONTWRITEBYTECODE=1',
  `export AWS_CA_BUNDLE="\${AWS_CA_BUNDLE:-$root/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem}"`,
  'exec "$root/@LOADER@" --library-path "$root/usr/lib64" "$root/@PYTHON@" -s "$root/usr/bin/aws" "$@"',
];

/** Half of an installation is never taken for one: it gets its name once it has answered. */
const FROM_PACKAGE = [
  `cli=${HOME}`,
  'install_cli() {',
  '  local root="$cli.new/root" python loader',
  '  rm -rf "$cli.new" && mkdir -p "$root" "$cli.new/bin" &&',
  "    dnf install --assumeyes --disablerepo='*' --enablerepo=amazonlinux --setopt=install_weak_deps=False \\",
  '      --releasever="$(rpm --query --queryformat \'%{VERSION}\' system-release)" --installroot="$root" \\',
  '      awscli-2 ca-certificates &&',
  '    python=$(sed -n \'1s|^#! */\\([^ ]*\\).*|\\1|p\' "$root/usr/bin/aws") &&',
  '    loader=$(cd "$root" && find usr/lib64 usr/lib -maxdepth 1 -name \'ld-linux-*.so.*\' | head -n 1) &&',
  '    sed -e "s|@LOADER@|$loader|" -e "s|@PYTHON@|$python|" > "$cli.new/bin/aws" <<\'EYRIE\' &&',
  ...WRAPPER,
  'EYRIE',
  '    chmod 0755 "$cli.new/bin/aws" && "$cli.new/bin/aws" --version && rm -rf "$cli" && mv "$cli.new" "$cli"',
  '}',
  '[ -x "$cli/bin/aws" ] || retry install_cli',
  '',
];

/** The package of Amazon Linux 2 is one of Python 2, at the end of its life. */
const FROM_IMAGE = [
  `[ -x ${CLI_PATH} ] || failed "$LINENO" 'an image with Amazon Linux 2 has to bring the AWS CLI: say where in config.cliPath'`,
  '',
];

export const INSTALL_CLI: Readonly<Record<ImageFamily, readonly string[]>> = {
  AL2023: FROM_PACKAGE,
  AL2: FROM_IMAGE,
};
