/** Credentials as shells, programs and AWS's own files read them. */
import { Option } from 'commander';
import { CliError, EXIT } from './exit-codes.ts';
import { note, print, printJson } from './output.ts';

/** What a holder is given; what is not there is not given. */
export interface Credential {
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  /** Variables that stand for a key: of credentials that refresh by themselves. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly region?: string;
  /** Where they work, if not at AWS: of all services, or of S3 alone. */
  readonly endpoint?: string;
  readonly s3Endpoint?: string;
}

const FORMATS = ['env', 'json', 'profile'] as const;

export interface FormatOptions {
  readonly format: (typeof FORMATS)[number];
  readonly profile: string;
  readonly json?: boolean;
}

export const formatOptions = (): Option[] => [
  new Option('--format <format>', 'shell exports, JSON, or a profile for ~/.aws/credentials')
    .choices(FORMATS)
    .default('env'),
  new Option('--profile <name>', 'name of the profile').default('eyrie'),
];

/** @throws CliError where a profile can't hold it */
export const printCredential = (credential: Credential, { format, profile, json }: FormatOptions): void => {
  if (json || format === 'json') {
    printJson(credential);
    return;
  }
  print(format === 'env' ? renderExports(credential) : renderProfile(credential, profile));
  note('this is the only time that the secret is shown');
};

const variablesOf = (credential: Credential): Readonly<Record<string, string | undefined>> => ({
  AWS_ACCESS_KEY_ID: credential.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credential.secretAccessKey,
  AWS_SESSION_TOKEN: credential.sessionToken,
  ...credential.environment,
  AWS_REGION: credential.region,
  AWS_ENDPOINT_URL: credential.endpoint,
  AWS_ENDPOINT_URL_S3: credential.s3Endpoint,
});

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const renderExports = (credential: Credential): string =>
  Object.entries(variablesOf(credential))
    .flatMap(([name, value]) => (value === undefined ? [] : [`export ${name}=${quoted(value)}`]))
    .join('\n');

const renderProfile = (credential: Credential, profile: string): string => {
  const { accessKeyId, secretAccessKey, sessionToken, region, endpoint, s3Endpoint } = credential;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new CliError(
      EXIT.usage,
      'this workspace is given sessions that refresh, which no profile can hold: use --format env',
    );
  }
  const settings = {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
    region,
    endpoint_url: s3Endpoint ?? endpoint,
  };
  const lines = Object.entries(settings).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${value}`],
  );
  return [`[${profile}]`, ...lines].join('\n');
};
