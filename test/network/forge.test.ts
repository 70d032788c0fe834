/** First boots of a compute environment's instances: the real shell and file system, and stubs of what AWS's image has. */
import { afterAll, expect, test } from 'vitest';
import { CLI_PATH } from '#domain/compute/boot-cli.ts';
import { BOOT_FAILED_MARKER, BOOT_READY_MARKER } from '#domain/compute/boot-script.ts';
import type { ComputeOverrides } from '../domain/compute-input.ts';
import { EVERYTHING, forgeConfig } from './forge-script.ts';
import { createInstance, type Instance } from './instance.ts';

/**
 * Installs into the directory that it is told: this machine's own Python and C library, under Amazon Linux's paths, and a
 * CLI that says where its Python and its certificates are.
 */
const DNF = [
  `[ "$(grep -c "^dnf" /calls)" -gt "\${DNF_FAILS:-0}" ] || exit 1`,
  `for each in "$@"; do case "$each" in --installroot=*) root=\${each#*=} ;; esac; done`,
  '[ -n "$root" ] || exit 0',
  'mkdir -p "$root/usr/bin" "$root/usr/lib64" "$root/usr/lib" "$root/etc/pki/ca-trust/extracted/pem"',
  'echo certificates > "$root/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"',
  'python=$(readlink -f /usr/bin/python3); cp "$python" "$root/usr/bin/python3.9"',
  'cp -L /lib64/ld-linux-x86-64.so.2 "$root/usr/lib64/"',
  'for library in $(ldd "$python" | grep -o "/[^ ]*"); do cp -L "$library" "$root/usr/lib64/"; done',
  'version=$("$python" -c "import sys; print(\'python%d.%d\' % sys.version_info[:2])")',
  'mkdir -p "$root/usr/lib/$version"; cp -r /usr/lib/$version/*.py /usr/lib/$version/{encodings,collections,re,importlib} "$root/usr/lib/$version/"',
  'printf "%s\\n" "#! /usr/bin/python3.9 -s" "import os, sys" "print(sys.prefix, open(os.environ[\'AWS_CA_BUNDLE\']).read().strip(), *sys.argv[1:])" > "$root/usr/bin/aws"',
].join('\n');

/** Where the package lies that the command line comes in. */
const OWN_TREE = [CLI_PATH.replace('/bin/aws', ''), 'root', 'usr'].join('/');

const STUBS = {
  dnf: DNF,
  rpm: 'echo 2023.9.20260101',
  sysctl: '',
  systemctl: '',
  shutdown: '',
  sleep: '',
  mount: '',
  mountpoint: 'grep -qs "^mount $2\\$" /calls',
  getent: `[ "$2" = "\${EFS_HOST:-fs-0123456789abcdef0.efs.us-east-1.amazonaws.com}" ]`,
  lsblk: 'printf "%b" "$DISKS"',
  blkid: 'exit 2',
  'mkfs.xfs': '',
  vgcreate: '',
  lvcreate: '',
  'mount.nfs4': '',
  'mount.lustre': '',
};

const instances: Instance[] = [];
afterAll(() => {
  for (const each of instances) each.remove();
});

const anInstance = (overrides?: ComputeOverrides, family: 'AL2023' | 'AL2' = 'AL2023') => {
  const instance = createInstance(null, STUBS);
  instances.push(instance);
  const { write_files: files, runcmd } = forgeConfig(family, overrides);
  for (const { path, content, permissions = '0644' } of files)
    instance.write(path, content, Number.parseInt(permissions, 8));
  return {
    ...instance,
    boot: (environment?: Record<string, string>) => {
      instance.write('/calls', '');
      instance.write('/dev/console', '');
      return instance.run(runcmd, environment);
    },
    calls: () => instance.read('/calls').split('\n').filter(Boolean),
    /** What the agent's unit asks before it starts. */
    takesJobs: () => {
      const unit = instance.read('/etc/systemd/system/ecs.service.d/10-eyrie.conf');
      const command = /^ExecStartPre=(.*)$/m.exec(unit)?.[1] ?? 'missing';
      return instance.run(command.split(' ')).status === 0;
    },
  };
};

test('a plain one gets its CLI and its settings, and takes jobs then', () => {
  const instance = anInstance();
  expect(instance.takesJobs()).toBe(false);
  const { status, output } = instance.boot();
  expect({ status, output: status === 0 ? '' : output, calls: status === 0 ? [] : instance.calls() }).toEqual({
    status: 0,
    output: '',
    calls: [],
  });
  expect(instance.takesJobs()).toBe(true);
  expect(instance.console()).toContain(BOOT_READY_MARKER);
  expect(instance.read('/etc/ecs/ecs.config')).toContain('\nECS_IMAGE_PULL_BEHAVIOR=once\n');
  expect(instance.read('/etc/sysctl.d/90-eyrie.conf')).toContain('vm.dirty_bytes = 1258291200');
  expect(instance.calls().at(-1)).toBe('systemctl enable --now --no-block ecs');
});

test('nothing is asked of a host outside of Amazon Linux’s repositories', () => {
  const instance = anInstance(EVERYTHING);
  const script = instance.read('/usr/local/sbin/eyrie-boot');
  expect([...script.matchAll(/https?:\/\/([^/"' ]+)/g)].map(([, host]) => host)).toEqual(
    Array(3)
      .fill('169.254.169.254')
      .slice(0, [...script.matchAll(/https?:\/\//g)].length),
  );
  for (const install of script.split('\n').filter((line) => /\b(dnf|yum) install\b/.test(line))) {
    expect(install).toContain("--disablerepo='*'");
  }
});

test('the CLI works where there is nothing but itself and a shell', () => {
  const instance = anInstance();
  instance.boot();
  const container = '/container';
  for (const path of ['/bin', '/opt/nextflow']) instance.run(['/bin/mkdir', '-p', `${container}${path}`]);
  instance.run(['/bin/cp', '-a', '/opt/nextflow/aws-cli', `${container}/opt/nextflow/`]);
  // A shell and its library: the only things that an image of a task has to bring.
  const shell = ['/bin/sh', '/lib/x86_64-linux-gnu/libc.so.6', '/lib64/ld-linux-x86-64.so.2'];
  for (const path of shell) {
    instance.run(['/bin/mkdir', '-p', `${container}${path.replace(/\/[^/]*$/, '')}`]);
    instance.run(['/bin/cp', '-L', path, `${container}${path}`]);
  }
  const run = (...command: readonly string[]) => instance.run(['/usr/sbin/chroot', container, ...command]);
  expect(run(CLI_PATH, 's3', 'cp')).toEqual({
    status: 0,
    output: `${OWN_TREE} certificates s3 cp\n`,
  });
  // Control: without its own loader the same Python does not start there.
  expect(run(`${OWN_TREE}/bin/python3.9`, '--version').status).not.toBe(0);
});

test('a second boot leaves what is there as it is', () => {
  const instance = anInstance(EVERYTHING_BUT_VOLUMES);
  expect(instance.boot().status).toBe(0);
  const [config, mounts] = [instance.read('/etc/ecs/ecs.config'), instance.read('/etc/fstab')];
  expect(instance.boot().status).toBe(0);
  expect(instance.read('/etc/ecs/ecs.config')).toBe(config);
  expect(instance.read('/etc/fstab')).toBe(mounts);
  expect(instance.calls().filter((call) => call.startsWith('dnf'))).toEqual([]);
});

const EVERYTHING_BUT_VOLUMES: ComputeOverrides = {
  ...EVERYTHING,
  forge: { ...EVERYTHING.forge, ebsAutoScale: false },
};

test('a package that can not be had is tried again; in the end the instance says why, and turns itself off', () => {
  const instance = anInstance();
  expect(instance.boot({ DNF_FAILS: '2' }).status).toBe(0);
  instance.run(['/bin/rm', '-rf', '/opt/nextflow', '/var/lib/eyrie']);
  expect(instance.boot({ DNF_FAILS: '99' }).status).not.toBe(0);
  expect(instance.console()).toMatch(new RegExp(`${BOOT_FAILED_MARKER}: line \\d+, install_cli .tried 6 times.`));
  expect(instance.calls().filter((call) => call.startsWith('dnf'))).toHaveLength(6);
  expect(instance.calls().slice(-2)).toEqual(['systemctl mask --now --no-block ecs', 'shutdown -h +2']);
  expect(instance.takesJobs()).toBe(false);
  expect(instance.read(CLI_PATH)).toBe('');
});

test('what a user adds for the agent is read as it was written, and wins', () => {
  const ecsConfig =
    "X='a b' $(touch /injected) `touch /injected`\nECS_IMAGE_PULL_BEHAVIOR=always\n'; touch /injected; '=1";
  const instance = anInstance({ forge: { ecsConfig } });
  expect(instance.boot().status).toBe(0);
  expect(instance.read('/etc/ecs/ecs.config').endsWith(`\n${ecsConfig}\n`)).toBe(true);
  expect(instance.run(['/usr/bin/test', '-e', '/injected']).status).toBe(1);
});

test.each([
  ['none', '', []],
  [
    'one',
    '/dev/nvme0n1 Amazon Elastic Block Store\\n/dev/nvme1n1 Amazon EC2 NVMe Instance Storage\\n',
    ['/dev/nvme1n1'],
  ],
  [
    'two',
    '/dev/nvme1n1 Amazon EC2 NVMe Instance Storage\\n/dev/nvme2n1 Amazon EC2 NVMe Instance Storage\\n',
    ['/dev/scratch/fusion'],
  ],
])('of NVMe disks %s', (_name, DISKS, formatted) => {
  const instance = anInstance({ config: { waveEnabled: true, fusion2Enabled: true, nvnmeStorageEnabled: true } });
  expect(instance.boot({ DISKS }).status).toBe(0);
  const calls = instance.calls();
  expect(calls.filter((call) => call.startsWith('mkfs.xfs'))).toEqual(formatted.map((disk) => `mkfs.xfs -f ${disk}`));
  expect(calls.includes('mount /scratch/fusion')).toBe(formatted.length > 0);
  expect(calls.filter((call) => call.startsWith('vgcreate'))).toEqual(
    formatted[0] === '/dev/scratch/fusion' ? ['vgcreate --yes scratch /dev/nvme1n1 /dev/nvme2n1'] : [],
  );
  expect(instance.run(['/usr/bin/stat', '--format=%a', '/scratch/fusion']).output).toBe('1777\n');
  // With Wave and Fusion tasks need no CLI.
  expect(calls.some((call) => call.startsWith('dnf'))).toBe(false);
});

test.each(['', 'us-east-1c.'])('EFS is mounted by the name that leads to it: %j', (zone) => {
  const instance = anInstance({ forge: { efsCreate: true, efsMount: '/data/efs' } });
  const EFS_HOST = `${zone}fs-0123456789abcdef0.efs.us-east-1.amazonaws.com`;
  expect(instance.boot({ EFS_HOST }).status).toBe(0);
  expect(instance.read('/etc/fstab')).toContain(`\n${EFS_HOST}:/ /data/efs nfs4 nfsvers=4.1,`);
  expect(instance.calls()).toContain('mount /data/efs');
});

test('Lustre is mounted, and one that can not be reached ends the boot', () => {
  const instance = anInstance({ forge: { fsxSize: 1200 } });
  expect(instance.boot().status).toBe(0);
  expect(instance.read('/etc/fstab')).toContain(
    '\nfs-1.fsx.us-east-1.amazonaws.com@tcp:/abcd1234 /mnt/fsx lustre defaults,relatime,flock,_netdev,nofail 0 0\n',
  );
  const other = anInstance({ forge: { fsxSize: 1200 } });
  other.write('/stubs/mount', '#!/bin/sh\nexit 32\n', 0o755);
  expect(other.boot().status).not.toBe(0);
  expect(other.console()).toMatch(new RegExp(`${BOOT_FAILED_MARKER}: line \\d+, mount /mnt/fsx .tried 6 times.`));
  expect(other.takesJobs()).toBe(false);
});

test('an image with Amazon Linux 2 brings its CLI', () => {
  const instance = anInstance({}, 'AL2');
  expect(instance.boot().status).not.toBe(0);
  expect(instance.console()).toContain('has to bring the AWS CLI: say where in config.cliPath');
  const named = anInstance({ config: { cliPath: '/home/ec2-user/miniconda/bin/aws' } }, 'AL2');
  expect(named.boot().status).toBe(0);
});

test('a growing disk gets a volume at boot, another one once half of it is used, and none before', () => {
  const overrides: ComputeOverrides = {
    config: { cliPath: '/stubs/aws' },
    forge: { ebsAutoScale: true, ebsBlockSize: 80 },
  };
  const instance = anInstance(overrides);
  const answer = (path: string) => `*${path}*) echo ${path.split('/').at(-1)}-of-it ;;`;
  const stub = (program: string, script: string) =>
    instance.write(`/stubs/${program}`, `#!/bin/bash\necho "${program} $*" >> /calls\n${script}\n`, 0o755);
  stub('curl', `case "$*" in ${answer('api/token')} ${answer('instance-id')} ${answer('availability-zone')} esac`);
  stub(
    'aws',
    [
      'case "$2" in',
      '  create-volume)',
      '    number=$(grep -c "create-volume" /calls); mkdir -p /dev/disk/by-id',
      '    touch "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0$number"; echo "vol-0$number" ;;',
      '  attach-volume) [ "$(grep -c "attach-volume" /calls)" -gt 1 ] ;;',
      'esac',
    ].join('\n'),
  );
  stub('df', 'printf "Use%%\\n %s%%\\n" "$USED"');
  stub('lvcreate', 'mkdir -p /dev/containers; touch /dev/containers/data');
  for (const program of ['vgextend', 'lvextend']) stub(program, '');
  const cli = () => instance.calls().filter((call) => call.startsWith('aws '));

  const { status, output } = instance.boot();
  expect({ status, output: status === 0 ? '' : output }).toEqual({ status: 0, output: '' });
  expect(cli()[0]).toMatch(
    /^aws ec2 create-volume --volume-type gp3 --size 80 --availability-zone availability-zone-of-it /,
  );
  expect(cli()[0]).toContain('"Key":"eyrie:compute-environment","Value":"brh-data-commons-org.a1b2c3d4e5f6g7h8i9j0"');
  // The first name of a device was taken.
  expect(cli().filter((call) => call.includes('attach-volume'))).toHaveLength(2);
  expect(cli().at(-1)).toContain('DeviceName=/dev/xvdbc,Ebs={DeleteOnTermination=true}');
  expect(instance.calls()).toContain('mkfs.xfs -f /dev/containers/data');
  expect(instance.calls()).toContain('mount /var/lib/docker');

  const grow = (USED: string) => {
    instance.write('/calls', '');
    return instance.run(['/usr/local/sbin/eyrie-autoscale'], { USED }).status;
  };
  expect(grow('49')).toBe(0);
  expect(cli()).toEqual([]);
  expect(grow('50')).toBe(0);
  expect(instance.calls()).toContain('lvextend --resizefs --extents +100%FREE /dev/containers/data');
});
