/**
 * First-boot script of the workspace's Squid instance: a transparent proxy in front of the job subnets that lets only
 * listed domains out.
 *
 * Everything is in this text: no repository is cloned and no image pulled. Squid comes from the image's own package
 * repository, whose content is fixed by the image's release on AL2023, so the same image gives the same proxy.
 */
import {
  HTTP_PORT,
  HTTPS_PORT,
  makeCertificateDatabase,
  SQUID_FILES,
  type SquidImageFamily,
  squidConf,
} from './squid-conf.ts';
import { ALLOWED_DOMAINS, withoutCovered } from './squid-domains.ts';

/** Written to the console once the proxy answers: what the launch waits for. */
export const SQUID_READY_MARKER = 'eyrie: squid is ready';

/** Written to the console, with the command, where the set-up stopped: no ready line will follow. */
export const SQUID_FAILED_MARKER = 'eyrie: squid could not be set up';

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html */
export const USER_DATA_BYTES_MAX = 16_384;

/** Which system a `settings.squid.image` gives: the old one by its name, else AL2023. */
export const squidImageFamily = (image: string): SquidImageFamily =>
  /amzn2-|amazon-linux-2\//.test(image) ? 'AL2' : 'AL2023';

export const squidUserData = (parts: {
  readonly family: SquidImageFamily;
  readonly vpcCidr: string;
  /** Besides the built-in list. */
  readonly moreDomains?: readonly string[];
}): string =>
  [
    '#!/bin/bash',
    '# Written by Eyrie. The instance is replaced, not changed: edits here are lost.',
    'set -Eeuo pipefail',
    'exec > >(tee -a /var/log/eyrie-squid.log) 2>&1',
    ...FAILURE_TRAP,
    'retry() { for try in 1 2 3 4 5 6; do "$@" && return 0; sleep $((try * 5)); done; return 1; }',
    '',
    ...PACKAGES[parts.family],
    '',
    ...file(SQUID_FILES.domains, withoutCovered([...ALLOWED_DOMAINS, ...(parts.moreDomains ?? [])])),
    '',
    ...file(SQUID_FILES.conf, squidConf(parts.family, parts.vpcCidr)),
    '',
    ...certificate(parts.family),
    '',
    ...file('/etc/sysctl.d/90-eyrie.conf', ['net.ipv4.ip_forward = 1']),
    'sysctl --system > /dev/null',
    '',
    ...file(BOOT_SCRIPT, [
      '#!/bin/bash',
      'set -Eeuo pipefail',
      ...FAILURE_TRAP,
      ...firewall(parts.vpcCidr),
      ...READINESS,
    ]),
    `chmod 0755 ${BOOT_SCRIPT}`,
    '',
    ...file('/etc/systemd/system/eyrie-squid.service', UNIT),
    '',
    'systemctl daemon-reload',
    'systemctl enable squid eyrie-squid',
    'systemctl restart squid',
    'systemctl start --no-block eyrie-squid',
    '',
  ].join('\n');

const BOOT_SCRIPT = '/usr/local/sbin/eyrie-squid';

/** A command's text goes on over the lines of what it is given; the first one names it. */
const FAILURE_TRAP = [
  `stopped() { local status=$?; [ "$status" = 0 ] || echo "${SQUID_FAILED_MARKER}: line $1, \${2%%$'\\n'*} ended with $status" > /dev/console; }`,
  `trap 'stopped "$LINENO" "$BASH_COMMAND"' ERR`,
];

const file = (path: string, lines: readonly string[]): string[] => [`cat > ${path} <<'EYRIE'`, ...lines, 'EYRIE'];

const PACKAGES: Readonly<Record<SquidImageFamily, readonly string[]>> = {
  AL2023: ['retry dnf install --assumeyes squid openssl iptables-nft'],
  AL2: [
    'retry yum install --assumeyes squid openssl iptables',
    "# The old image is made for ECS: its agent would register the instance, and Docker's rules drop what is forwarded.",
    'systemctl disable --now ecs docker.socket docker || true',
    'iptables --policy FORWARD ACCEPT',
    'iptables --flush FORWARD',
  ],
};

/** Never shown to a client: what isn't spliced is terminated. Squid wants a CA all the same, and a place for its work. */
const certificate = (family: SquidImageFamily): string[] => [
  'mkdir -p /etc/squid/ssl /var/lib/squid',
  'test -s /etc/squid/ssl/squid.crt || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=squid' +
    ' -keyout /etc/squid/ssl/squid.key -out /etc/squid/ssl/squid.crt',
  `cat /etc/squid/ssl/squid.key /etc/squid/ssl/squid.crt > ${SQUID_FILES.certificate}`,
  `test -d ${SQUID_FILES.certificateDatabase} || ${makeCertificateDatabase(family)}`,
  'chown -R squid:squid /etc/squid/ssl /var/lib/squid',
  'chmod -R go-rwx /etc/squid/ssl',
];

/**
 * Ports 80 and 443 go to Squid. There is no masquerade: anything else that the job subnets send is refused, or the
 * allow list could be walked around by another port. Time and DNS need no way out, both are the VPC's own. What `nobody`
 * sends from the instance itself goes to Squid too: so the readiness check takes the jobs' way.
 */
const firewall = (vpcCidr: string): string[] => {
  const outbound = `-s ${vpcCidr} ! -d ${vpcCidr}`;
  const redirects = [
    [80, HTTP_PORT],
    [443, HTTPS_PORT],
  ].flatMap(([from, to]) => [
    `iptables -t nat -A PREROUTING ${outbound} -p tcp --dport ${from} -j REDIRECT --to-ports ${to}`,
    `iptables -t nat -A OUTPUT ! -d ${vpcCidr} -p tcp --dport ${from} -m owner --uid-owner nobody -j REDIRECT --to-ports ${to}`,
  ]);
  return [
    'iptables -t nat -F PREROUTING',
    'iptables -t nat -F OUTPUT',
    ...redirects,
    'iptables -F FORWARD',
    `iptables -A FORWARD ${outbound} -j REJECT`,
  ];
};

/** Answers from a listed domain through both intercepted ports. Endless: the launch has its own patience. */
const READINESS = [
  'reach() { runuser -u nobody -- curl --fail --silent --show-error --noproxy "*" --output /dev/null --max-time 20 "$1"; }',
  'until reach http://checkip.amazonaws.com/ && reach https://checkip.amazonaws.com/; do',
  '  sleep 5',
  'done',
  `echo '${SQUID_READY_MARKER}' > /dev/console`,
];

/** At each boot: user data runs at the first one only, and a stopped instance is started again. */
const UNIT = [
  '[Unit]',
  'Description=Redirect of web traffic to Squid, and its ready marker',
  'Wants=network-online.target',
  'After=network-online.target squid.service',
  '',
  '[Service]',
  'Type=oneshot',
  'RemainAfterExit=yes',
  'TimeoutStartSec=infinity',
  `ExecStart=${BOOT_SCRIPT}`,
  '',
  '[Install]',
  'WantedBy=multi-user.target',
];
