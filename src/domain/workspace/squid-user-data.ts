/**
 * First-boot script of the workspace's Squid instance: a transparent proxy in front of the job subnets that lets only
 * listed domains out. TLS is peeked at for the server's name and spliced, never decrypted.
 *
 * Everything is in this text: no repository is cloned and no image pulled. Squid comes from the image's own package
 * repository, whose content is fixed by the image's release on AL2023, so the same image gives the same proxy.
 */

/** Written to the console once the proxy answers: what the launch waits for. */
export const SQUID_READY_MARKER = 'eyrie: squid is ready';

export type SquidImageFamily = 'AL2023' | 'AL2';

/** Which system a `settings.squid.image` gives: the old one by its name, else AL2023. */
export const squidImageFamily = (image: string): SquidImageFamily =>
  /amzn2-|amazon-linux-2\//.test(image) ? 'AL2' : 'AL2023';

/** What may be reached on ports 80 and 443; a leading dot covers the domain and all below it. */
export const ALLOWED_DOMAINS = [
  // AWS: S3, Batch's agent, ECR, CloudWatch, the CLI's archive, package mirrors of Amazon Linux
  '.amazonaws.com',
  '.amazonlinux.com',
  '.aws.amazon.com',
  // container registries, with the stores behind them
  '.docker.io',
  '.docker.com',
  '.quay.io',
  '.ghcr.io',
  '.gcr.io',
  '.pkg.dev',
  '.mcr.microsoft.com',
  '.nvcr.io',
  '.public.ecr.aws',
  'storage.googleapis.com',
  '.seqera.io',
  // pipelines and their packages
  '.github.com',
  '.githubusercontent.com',
  '.gitlab.com',
  '.bitbucket.org',
  '.nextflow.io',
  '.nf-co.re',
  '.anaconda.org',
  '.anaconda.com',
  '.bioconda.github.io',
  '.bioconductor.org',
  '.r-project.org',
  // reference data
  '.nih.gov',
  '.ebi.ac.uk',
  '.ensembl.org',
  '.ucsc.edu',
  '.broadinstitute.org',
] as const;

const HTTP_PORT = 3129;
const HTTPS_PORT = 3130;
/** Squid won't start without one forward port; only the instance itself may use it, for the readiness check. */
const FORWARD_PORT = 3128;

export const squidUserData = (parts: {
  readonly family: SquidImageFamily;
  readonly vpcCidr: string;
  /** Besides the built-in list. */
  readonly moreDomains?: readonly string[];
}): string =>
  [
    '#!/bin/bash',
    '# Written by Eyrie. The instance is replaced, not changed: edits here are lost.',
    'set -euo pipefail',
    'exec > >(tee -a /var/log/eyrie-squid.log) 2>&1',
    'retry() { for try in 1 2 3 4 5 6; do "$@" && return 0; sleep $((try * 5)); done; return 1; }',
    '',
    ...PACKAGES[parts.family],
    '',
    ...file('/etc/squid/allowed-domains.txt', withoutCovered([...ALLOWED_DOMAINS, ...(parts.moreDomains ?? [])])),
    '',
    ...file('/etc/squid/squid.conf', squidConf(parts.family, parts.vpcCidr)),
    '',
    ...CERTIFICATE,
    '',
    ...file('/etc/sysctl.d/90-eyrie.conf', ['net.ipv4.ip_forward = 1']),
    'sysctl --system > /dev/null',
    '',
    ...file('/usr/local/sbin/eyrie-squid', [
      '#!/bin/bash',
      'set -euo pipefail',
      ...firewall(parts.vpcCidr),
      ...READINESS,
    ]),
    'chmod 0755 /usr/local/sbin/eyrie-squid',
    '',
    ...file('/etc/systemd/system/eyrie-squid.service', UNIT),
    '',
    'systemctl daemon-reload',
    'systemctl enable squid eyrie-squid',
    'systemctl restart squid',
    'systemctl start --no-block eyrie-squid',
    '',
  ].join('\n');

/** Squid refuses a list in which one entry covers another. */
const withoutCovered = (domains: readonly string[]): string[] => {
  const unique = [...new Set(domains)].sort();
  return unique.filter((domain) =>
    unique.every(
      (other) => other === domain || !other.startsWith('.') || !`.${domain.replace(/^\./, '')}`.endsWith(other),
    ),
  );
};

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

const squidConf = (family: SquidImageFamily, vpcCidr: string): string[] => [
  `http_port 127.0.0.1:${FORWARD_PORT}`,
  `http_port ${HTTP_PORT} intercept`,
  // Squid 3.5 of the old image doesn't know the option's new name.
  `https_port ${HTTPS_PORT} intercept ssl-bump name=tls generate-host-certificates=off ${
    family === 'AL2' ? 'cert' : 'tls-cert'
  }=/etc/squid/ssl/squid.pem`,
  '',
  `acl workspace src ${vpcCidr}`,
  'acl web port 80 443',
  'acl intercepted_tls myportname tls',
  'acl allowed_http dstdomain "/etc/squid/allowed-domains.txt"',
  'acl allowed_tls ssl::server_name "/etc/squid/allowed-domains.txt"',
  'acl step1 at_step SslBump1',
  '',
  '# The name is only known after the first look; a connection without a listed one ends there.',
  'ssl_bump peek step1',
  'ssl_bump splice allowed_tls',
  'ssl_bump terminate all',
  '',
  'http_access deny !web',
  'http_access allow localhost allowed_http',
  'http_access allow workspace intercepted_tls',
  'http_access allow workspace allowed_http',
  'http_access deny all',
  '',
  '# Nothing is stored: the proxy filters, it does not cache.',
  'cache deny all',
  '# A name with many addresses (S3) resolves differently from one second to the next: that is no forgery.',
  'host_verify_strict off',
  'shutdown_lifetime 3 seconds',
  'access_log daemon:/var/log/squid/access.log',
];

/** Needed to open the port, never shown to a client: what isn't spliced is terminated. */
const CERTIFICATE = [
  'mkdir -p /etc/squid/ssl',
  'test -s /etc/squid/ssl/squid.crt || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=squid' +
    ' -keyout /etc/squid/ssl/squid.key -out /etc/squid/ssl/squid.crt',
  'cat /etc/squid/ssl/squid.key /etc/squid/ssl/squid.crt > /etc/squid/ssl/squid.pem',
  'chown -R squid:squid /etc/squid/ssl',
  'chmod -R go-rwx /etc/squid/ssl',
];

/**
 * Ports 80 and 443 go to Squid. There is no masquerade: anything else that the job subnets send is refused, or the
 * allow list could be walked around by another port. Time and DNS need no way out, both are the VPC's own.
 */
const firewall = (vpcCidr: string): string[] => {
  const outbound = `-s ${vpcCidr} ! -d ${vpcCidr}`;
  return [
    'iptables -t nat -F PREROUTING',
    `iptables -t nat -A PREROUTING ${outbound} -p tcp --dport 80 -j REDIRECT --to-ports ${HTTP_PORT}`,
    `iptables -t nat -A PREROUTING ${outbound} -p tcp --dport 443 -j REDIRECT --to-ports ${HTTPS_PORT}`,
    'iptables -F FORWARD',
    `iptables -A FORWARD ${outbound} -j REJECT`,
  ];
};

/** An answer through the proxy from a listed domain, and the TLS port open. Endless: the launch has its own patience. */
const READINESS = [
  `until curl --fail --silent --output /dev/null --max-time 10 --proxy http://127.0.0.1:${FORWARD_PORT} http://checkip.amazonaws.com/ &&`,
  `  (: < /dev/tcp/127.0.0.1/${HTTPS_PORT}) 2> /dev/null; do`,
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
  'ExecStart=/usr/local/sbin/eyrie-squid',
  '',
  '[Install]',
  'WantedBy=multi-user.target',
];
