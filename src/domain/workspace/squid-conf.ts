/**
 * Squid's configuration: web traffic that was sent to somewhere else and is intercepted on its way. TLS is peeked at for
 * the server's name and spliced, never decrypted.
 *
 * The look has two steps. A connection that is spliced at the second one becomes a CONNECT to the name in the hello, and
 * Squid answers 409 to it whenever its own DNS answer lacks the address that the client went to: `host_verify_strict off`
 * says nothing about CONNECT. S3, ECR and CDN names rotate, so that would end connections at random. Splicing at the
 * third step, after a peek at the server's hello, goes without that CONNECT. It wants a CA and the database of
 * the certificate generator, although no certificate is made for what is spliced.
 * @see http://www.squid-cache.org/Doc/config/ssl_bump/
 * @see http://www.squid-cache.org/Doc/config/host_verify_strict/
 */

export type SquidImageFamily = 'AL2023' | 'AL2';

/** What the configuration names and the script makes. */
export const SQUID_FILES = {
  conf: '/etc/squid/squid.conf',
  domains: '/etc/squid/allowed-domains.txt',
  /** Key and certificate of a CA that nobody trusts, one per instance. */
  certificate: '/etc/squid/ssl/squid.pem',
  certificateDatabase: '/var/lib/squid/ssl_db',
} as const;

export const HTTP_PORT = 3129;
export const HTTPS_PORT = 3130;
/** Squid won't start without one forward port; only the instance itself may use it. */
export const FORWARD_PORT = 3128;

/** Squid 3.5 of the old image knows neither the program nor the option by their new names. */
const NAMES: Readonly<Record<SquidImageFamily, { readonly generator: string; readonly certificate: string }>> = {
  AL2023: { generator: '/usr/lib64/squid/security_file_certgen', certificate: 'tls-cert' },
  AL2: { generator: '/usr/lib64/squid/ssl_crtd', certificate: 'cert' },
};

/** The certificate generator, as it makes its database: it refuses to where there is one. */
export const makeCertificateDatabase = (family: SquidImageFamily): string =>
  `${NAMES[family].generator} -c -s ${SQUID_FILES.certificateDatabase} -M 4MB`;

export const squidConf = (family: SquidImageFamily, vpcCidr: string): string[] => [
  'cache_effective_user squid',
  'cache_effective_group squid',
  `http_port 127.0.0.1:${FORWARD_PORT}`,
  `http_port ${HTTP_PORT} intercept`,
  `https_port ${HTTPS_PORT} intercept ssl-bump name=tls generate-host-certificates=on ${
    NAMES[family].certificate
  }=${SQUID_FILES.certificate}`,
  `sslcrtd_program ${NAMES[family].generator} -s ${SQUID_FILES.certificateDatabase} -M 4MB`,
  'sslcrtd_children 2 startup=1 idle=1',
  '',
  `acl workspace src ${vpcCidr}`,
  'acl web port 80 443',
  'acl intercepted_tls myportname tls',
  `acl allowed_http dstdomain "${SQUID_FILES.domains}"`,
  `acl allowed_tls ssl::server_name "${SQUID_FILES.domains}"`,
  'acl step1 at_step SslBump1',
  'acl step2 at_step SslBump2',
  '',
  '# The name is only known after the first look; a connection without a listed one ends there.',
  'ssl_bump peek step1',
  'ssl_bump terminate step2 !allowed_tls',
  '# Spliced here, it would be checked against this DNS answer of ours: names with many addresses would fail at random.',
  'ssl_bump peek step2',
  'ssl_bump splice all',
  '',
  "# Whom to trust is the client's business: a doubt of Squid's own would put a certificate of Squid in front of it.",
  'sslproxy_cert_error allow all',
  '',
  'http_access deny !web',
  'http_access allow localhost allowed_http',
  'http_access allow workspace intercepted_tls',
  'http_access allow workspace allowed_http',
  'http_access deny all',
  '',
  '# Nothing is stored: the proxy filters, it does not cache.',
  'cache deny all',
  'shutdown_lifetime 3 seconds',
  'access_log daemon:/var/log/squid/access.log',
];
